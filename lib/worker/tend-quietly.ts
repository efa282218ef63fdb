import type { Run } from '../model/run.ts';
import { needsTending, tendRun } from '../relations/tend-run.ts';
import type { WorkerPorts } from './ports.ts';

/** What a run asks for beyond its nodes. Whatever fails is done by a look. */
export async function tendQuietly(ports: WorkerPorts, run: Run): Promise<void> {
  if (!needsTending(run)) return;
  try {
    await tendRun(ports, run);
  } catch (error) {
    ports.logger.warn('what the run owes others is left to discovery', { error });
  }
}
