import { setTimeout as pause } from 'node:timers/promises';
import { trace } from '@opentelemetry/api';
import type { Ms } from '../model/time.ts';

/** A collector that does not answer may hold up an invocation for so long. */
const flushMsMax: Ms = 2_000;

/**
 * Sends the spans that an SDK still holds, if there is one: Lambda freezes an environment once it has answered, and
 * what is on its way then arrives with the next invocation, or never. Never rejects: no work depends on spans.
 */
export async function flushSpans(): Promise<void> {
  const flush = flusher();
  if (!flush) return;
  const stop = new AbortController();
  const patience = pause(flushMsMax, undefined, { signal: stop.signal, ref: false }).catch(() => {});
  await Promise.race([flush().catch(() => {}), patience]);
  stop.abort();
}

/** The API has no word for it, and hands out a proxy of what was registered. */
function flusher(): (() => Promise<void>) | undefined {
  const proxy = trace.getTracerProvider() as { getDelegate?: () => unknown };
  const provider = (proxy.getDelegate?.() ?? proxy) as { forceFlush?: () => Promise<void> };
  return typeof provider.forceFlush === 'function' ? async () => provider.forceFlush?.() : undefined;
}
