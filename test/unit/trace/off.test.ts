import { context, createNoopMeter, ProxyTracerProvider, trace } from '@opentelemetry/api';
import { defineTask, defineWorkflow } from 'holdfast';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { traceAttempt } from '../../../lib/trace/attempt-trace.ts';
import { measureAttempt, measureClaim, measureExhausted } from '../../../lib/trace/metrics.ts';
import { tracedSubmission } from '../../../lib/trace/submission.ts';
import { RecordedSpans } from '../../support/telemetry.ts';
import { VirtualSystem } from '../../support/virtual-system.ts';

const add = defineTask({ name: 'add', input: z.number(), run: (n: number) => n + 1 });
const flow = defineWorkflow('flow', { input: z.number() })
  .step(add)
  .map('more', (n) => n + 1)
  .build();

/** What a span or a measurement would have to go through. */
function watched() {
  const meter = createNoopMeter();
  return [
    vi.spyOn(trace, 'getTracer'),
    vi.spyOn(trace, 'setSpan'),
    vi.spyOn(trace, 'setSpanContext'),
    vi.spyOn(context, 'with'),
    vi.spyOn(context, 'active'),
    vi.spyOn(ProxyTracerProvider.prototype, 'getTracer'),
    vi.spyOn(Object.getPrototypeOf(meter.createCounter('any')), 'add'),
    vi.spyOn(Object.getPrototypeOf(meter.createHistogram('any')), 'record'),
    vi.spyOn(meter, 'createCounter'),
    vi.spyOn(meter, 'createHistogram'),
  ];
}

beforeEach(() => vi.restoreAllMocks());
afterEach(() => vi.restoreAllMocks());

async function play(): Promise<void> {
  const system = new VirtualSystem({ flow });
  const run = await system.client.submit(flow, 1);
  await system.drive();
  expect(await system.client.get(run)).toMatchObject({ status: 'succeeded' });
}

it('without an SDK nothing is asked for but whether there is one', async () => {
  const calls = watched();
  await play();
  expect(calls.map((spy) => spy.mock.calls.length)).toEqual(calls.map(() => 0));
});

it('with one, the same calls are counted: the test above can fail', async () => {
  using recorded = new RecordedSpans();
  const calls = watched();
  await play();
  expect(calls.slice(0, 5).every((spy) => spy.mock.calls.length > 0)).toBe(true);
  expect(recorded.all).not.toEqual([]);
});

it('without an SDK nothing is made, and nothing that it is given is looked at', async () => {
  const untouchable = new Proxy({} as never, {
    get: (_, key) => {
      throw new Error(`${String(key)} was read`);
    },
  });
  expect(traceAttempt(untouchable, untouchable, 'add', 0)).toBeUndefined();
  measureClaim(untouchable, 0);
  measureAttempt(untouchable, 'add', 'succeeded', undefined, 0);
  measureExhausted();
  const submit = vi.fn(async (given: string | undefined) => given);
  expect(await tracedSubmission('add', undefined, submit, () => untouchable)).toBeUndefined();
  expect(submit).toHaveBeenCalledOnce();
});
