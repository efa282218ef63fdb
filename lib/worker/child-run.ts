import type { Context } from '../define/context.ts';
import { registeredOf } from '../define/registry.ts';
import type { ChildCode } from '../define/workflow/node-code.ts';
import { HoldfastError } from '../model/errors.ts';
import type { NodeId } from '../model/ids.ts';
import type { Run } from '../model/run.ts';
import { createRun } from '../submission/create-run.ts';
import { aboutRun, tracedSubmission } from '../trace/submission.ts';
import type { Performed } from './performed.ts';
import type { WorkerPorts } from './ports.ts';

/**
 * Starts the run that a node stands for, unless it is there already: a second attempt finds that of the first, and one
 * that comes after a cancel finds the place taken.
 *
 * @throws HoldfastError `InvalidInput` and whatever else a submission may
 */
export async function startChild(
  ports: WorkerPorts,
  { workflow }: ChildCode,
  { input, path, run }: { path: NodeId; run: Run; input: unknown },
  ctx: Context,
): Promise<'awaits'> {
  const child = run.nodes[path]?.child;
  if (!child) throw new Error(`node ${path} stands for no run`);
  const registered = registeredOf(workflow);
  const start = (traceparent: string | undefined) =>
    createRun(ports, registered, input, {
      child: { id: child.run, parent: { run: run.run, node: path } },
      options: {
        tenant: run.tenant,
        priority: run.priority,
        tags: run.tags,
        ...(traceparent !== undefined && { traceparent }),
      },
    });
  await tracedSubmission(registered.name, ctx.traceparent, start, () => aboutRun(child.run));
  return 'awaits';
}

/** What a child run that has ended gives to its node. @throws HoldfastError `ChildFailed` */
export function childResult(run: Run, path: NodeId): Performed {
  const child = run.nodes[path]?.child;
  if (child?.status === 'succeeded' && child.output)
    return { output: { payload: child.output }, cached: false };
  const cause = child?.failure ? `: ${child.failure.type}: ${child.failure.message}` : '';
  throw new HoldfastError('ChildFailed', `The child run ${child?.run} ended ${child?.status}${cause}`);
}
