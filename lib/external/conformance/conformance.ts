import type { Ms } from '../../model/time.ts';
import { type ExternalOptions, planOf } from '../options.ts';
import { checks } from './checks.ts';
import { Probe } from './probe.ts';

/** What became of one check. */
export interface CheckResult {
  readonly name: string;
  readonly passed: boolean;
  /** What was wrong. */
  readonly detail?: string;
}

/**
 * Checks that an executor does what docs/external-executor.md asks for. Each check has a process of its own.
 *
 * @param patienceMs how long each answer may take
 * @param names of the checks; default: all
 * @throws HoldfastError `InvalidArgument`
 */
export async function* conformance(
  options: ExternalOptions,
  patienceMs: Ms,
  names: readonly string[] = [...checks.keys()],
): AsyncGenerator<CheckResult> {
  const plan = planOf(options);
  for (const [name, check] of checks) {
    if (!names.includes(name)) continue;
    const detail = await failureOf(async () => {
      const probe = await Probe.start(plan, patienceMs);
      try {
        await probe.hear('hello');
        await check(probe);
      } finally {
        await probe.close();
      }
    });
    yield detail === undefined ? { name, passed: true } : { name, passed: false, detail };
  }
}

async function failureOf(work: () => Promise<void>): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
