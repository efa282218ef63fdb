import {
  type Attributes,
  type Counter,
  createNoopMeter,
  type Histogram,
  type MeterProvider,
  metrics,
} from '@opentelemetry/api';
import type { EpochMs, Ms } from '../model/time.ts';
import { version } from '../version.ts';
import { type Claimed, readySince } from './claimed.ts';

interface Instruments {
  readonly succeeded: Counter;
  readonly failed: Counter;
  readonly retried: Counter;
  readonly leasesLost: Counter;
  readonly takeovers: Counter;
  readonly wait: Histogram;
  readonly duration: Histogram;
}

/** Seconds. The conventions advise some up to 10; tasks may take hours. */
const explicitBucketBoundaries = [0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60, 300, 900, 3_600, 21_600];

/** Those of the provider that was there when they were asked for last: it may be registered late. */
let made: { readonly provider: MeterProvider; readonly instruments: Instruments | undefined } | undefined;

/** Undefined where nothing is measured. */
function instruments(): Instruments | undefined {
  const provider = metrics.getMeterProvider();
  if (made?.provider !== provider) made = { provider, instruments: make(provider) };
  return made.instruments;
}

function make(provider: MeterProvider): Instruments | undefined {
  const meter = provider.getMeter('holdfast', version);
  if (meter === createNoopMeter()) return undefined;
  const counter = (name: string, unit: string, description: string) =>
    meter.createCounter(`holdfast.${name}`, { unit, description });
  const seconds = (name: string, description: string) =>
    meter.createHistogram(name, { unit: 's', description, advice: { explicitBucketBoundaries } });
  return {
    succeeded: counter('tasks.succeeded', '{task}', 'Tasks that succeeded'),
    failed: counter('tasks.failed', '{task}', 'Tasks that failed for good'),
    retried: counter('tasks.retried', '{attempt}', 'Attempts that failed and are followed by another'),
    leasesLost: counter('leases.lost', '{lease}', 'Leases that another owner has, or nobody renewed'),
    takeovers: counter('leases.taken_over', '{lease}', 'Leases taken from an owner that was silent'),
    wait: seconds('holdfast.queue.wait', 'From when a task could begin to its claim'),
    duration: seconds('messaging.process.duration', 'Attempts, from their claim to what was written'),
  };
}

/** @param began of the claim */
export function measureClaim(claimed: Claimed, began: EpochMs): void {
  const on = instruments();
  if (!on) return;
  const attributes = placeOf(claimed);
  const ready = readySince(claimed);
  if (ready !== undefined) on.wait.record(Math.max(0, began - ready) / 1_000, attributes);
  if (claimed.takenOver) on.takeovers.add(1, attributes);
}

/** @param error the type, of an attempt that failed */
export function measureAttempt(
  claimed: Claimed,
  task: string,
  settled: string,
  error: string | undefined,
  durationMs: Ms,
): void {
  const on = instruments();
  if (!on) return;
  const attributes = { ...placeOf(claimed), 'holdfast.task': task };
  on.duration.record(durationMs / 1_000, {
    ...attributes,
    'messaging.system': 'holdfast',
    'messaging.operation.name': 'process',
    ...(error !== undefined && { 'error.type': error }),
  });
  if (settled === 'succeeded') on.succeeded.add(1, attributes);
  if (settled === 'failed') on.failed.add(1, attributes);
  if (settled === 'retrying') on.retried.add(1, attributes);
  if (settled === 'lost') on.leasesLost.add(1, attributes);
}

/** A task that failed because no attempt was left when its last owner was silent. */
export function measureExhausted(): void {
  instruments()?.failed.add(1, { 'error.type': 'WorkerLost' });
}

const placeOf = ({ fence, run }: Claimed): Attributes => ({
  'messaging.destination.name': run.nodes[fence.node]?.pool ?? run.pool,
});
