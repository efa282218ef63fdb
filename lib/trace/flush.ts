import { setTimeout as pause } from 'node:timers/promises';
import { type MeterProvider, metrics, type TracerProvider } from '@opentelemetry/api';
import type { Ms } from '../model/time.ts';
import { registeredTracerProvider } from './spans.ts';

/** A collector that does not answer may hold up an invocation for so long. */
const flushMsMax: Ms = 2_000;

/** The API has no word for it; the providers of SDKs do. */
type Flushing = (TracerProvider | MeterProvider) & { readonly forceFlush?: () => Promise<void> };

/**
 * Sends the spans and metrics that an SDK still holds, if there is one: Lambda freezes an environment once it has
 * answered, and what is on its way then arrives with the next invocation, or never. Never rejects: no work depends on
 * them.
 */
export async function flushTelemetry(): Promise<void> {
  const providers: (Flushing | undefined)[] = [registeredTracerProvider(), metrics.getMeterProvider()];
  const flushes = providers.flatMap((provider) =>
    typeof provider?.forceFlush === 'function' ? [async () => provider.forceFlush?.()] : [],
  );
  if (flushes.length === 0) return;
  const stop = new AbortController();
  const patience = pause(flushMsMax, undefined, { signal: stop.signal, ref: false }).catch(() => {});
  await Promise.race([Promise.allSettled(flushes.map((flush) => flush())), patience]);
  stop.abort();
}
