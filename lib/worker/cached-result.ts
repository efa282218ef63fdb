import { hashOfText, stableHash } from '../define/hash.ts';
import type { AnyTask } from '../define/task.ts';
import { HoldfastError } from '../model/errors.ts';
import { payloadBytesMax } from '../model/payload.ts';
import type { Run } from '../model/run.ts';
import { serialize } from '../model/serialize.ts';
import type { WorkerPorts } from './ports.ts';

/**
 * The cache key of a task's result, or undefined where the task has no cache: of the validated input, or of the input as
 * it was submitted where the schema makes something of it that JSON cannot carry, such as a Date.
 */
export function cacheKeyOf(
  task: AnyTask,
  { tenant }: Run,
  input: unknown,
  submitted: unknown,
): string | undefined {
  if (task.policy.cacheTtlMs === undefined) return undefined;
  const own = task.cacheKey?.(input as never);
  return stableHash([tenant, task.name, task.version, hashOfText(textOf(input, submitted)), own ?? null]);
}

function textOf(input: unknown, submitted: unknown): string {
  try {
    return serialize(input, 'input');
  } catch {
    return serialize(submitted, 'input');
  }
}

/** The stored text of an earlier result. A cache that gives no answer is a miss: it only saves work. */
export async function readCached(ports: WorkerPorts, key: string): Promise<string | undefined> {
  try {
    return await ports.cache.get(key, ports.clock.now());
  } catch (error) {
    ports.logger.warn('result cache not read', { error });
    return undefined;
  }
}

/** Shares a result. The first writer wins: what comes back is the text to commit. */
export async function shareResult(ports: WorkerPorts, task: AnyTask, key: string, text: string) {
  if (Buffer.byteLength(text) > payloadBytesMax) return text;
  const now = ports.clock.now();
  try {
    return await ports.cache.put(key, text, now, now + (task.policy.cacheTtlMs ?? 0));
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw error;
    ports.logger.warn('result cache not written', { error });
    return text;
  }
}
