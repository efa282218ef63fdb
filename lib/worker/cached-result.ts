import { stableHash } from '../define/hash.ts';
import type { Registered } from '../define/registry.ts';
import { HoldfastError } from '../model/errors.ts';
import { payloadBytesMax } from '../model/payload.ts';
import type { Run } from '../model/run.ts';
import { serialize } from '../model/serialize.ts';
import type { WorkerPorts } from './ports.ts';

/** The cache key of a task's result, or undefined where the task has no cache. */
export function cacheKeyOf({ task }: Registered, run: Run, input: unknown): string | undefined {
  if (task.policy.cacheTtlMs === undefined) return undefined;
  const own = task.cacheKey?.(input as never);
  // Serialised before hashing, so that two inputs that differ only in an `undefined` differ here too.
  return stableHash([run.tenant, task.name, task.version, canonical(input), own ?? null]);
}

function canonical(input: unknown): unknown {
  const text = serialize(input, 'input');
  return text.startsWith('undefined') ? text : JSON.parse(text);
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
export async function shareResult(ports: WorkerPorts, registered: Registered, key: string, text: string) {
  if (Buffer.byteLength(text) > payloadBytesMax) return text;
  const now = ports.clock.now();
  try {
    return await ports.cache.put(key, text, now, now + (registered.task.policy.cacheTtlMs ?? 0));
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw error;
    ports.logger.warn('result cache not written', { error });
    return text;
  }
}
