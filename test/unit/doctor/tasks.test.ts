import { expect, it } from 'vitest';
import * as z from 'zod';
import { Registry } from '../../../lib/define/registry.ts';
import { defineTask } from '../../../lib/define/task.ts';
import { defineWorkflow } from '../../../lib/define/workflow/define-workflow.ts';
import { judgeTasks, longestLease } from '../../../lib/doctor/tasks.ts';

const short = defineTask({ name: 'short', input: z.unknown(), timeout: '1s', lease: '10s', run: () => 1 });
const long = defineTask({ name: 'long', input: z.unknown(), timeout: '1h', lease: '2m', run: () => 1 });
const usual = defineTask({ name: 'usual', input: z.unknown(), run: () => 1 });
const tagged = defineWorkflow('tagged', { input: z.unknown() })
  .step(short, { tags: ['gpu'], lease: '10m' })
  .build();

const pools = { default: { tags: [], lanes: { normal: 'http://q/0/a' } } };
const given = { pools, functionTimeoutMs: 900_000, taskTimeoutMs: 300_000 };

it('counts tasks that can run where they are to run', () => {
  const judged = judgeTasks(new Registry([short, usual]), given);
  expect(judged).toEqual([{ check: 'tasks', status: 'ok', message: '2 tasks, 0 workflows' }]);
});

it('names tasks that outlast their function, by their own timeout or the usual one', () => {
  const names = (functionTimeoutMs: number | undefined) =>
    judgeTasks(new Registry([short, long, usual]), { ...given, functionTimeoutMs })
      .filter(({ status }) => status === 'warn')
      .map(({ message }) => message.split(' ')[0]);
  expect(names(900_000)).toEqual(['long']);
  expect(names(300_000)).toEqual(['long', 'usual']);
  expect(names(undefined)).toEqual([]);
});

it('names a step whose tags no pool carries', () => {
  const gpu = { ...pools, gpu: { tags: ['gpu'], lanes: { normal: 'http://q/0/g' } } };
  const registry = new Registry([tagged]);
  expect(judgeTasks(registry, given)).toMatchObject([
    {
      status: 'fail',
      message: expect.stringContaining('Step short of tagged: No pool carries the tags ["gpu"]'),
    },
  ]);
  expect(judgeTasks(registry, { ...given, pools: gpu })).toMatchObject([{ status: 'ok' }]);
  expect(judgeTasks(registry, { ...given, pools: undefined })).toMatchObject([{ status: 'ok' }]);
});

it('finds the longest lease: the usual one, of a task or of a step', () => {
  const usually = { lease: 60_000 };
  expect(longestLease(undefined, usually)).toEqual({ ms: 60_000, of: 'HOLDFAST_LEASE' });
  expect(longestLease(new Registry([short, usual]), usually)).toMatchObject({ ms: 60_000 });
  expect(longestLease(new Registry([long, short]), usually)).toEqual({
    ms: 120_000,
    of: 'the lease of long',
  });
  expect(longestLease(new Registry([long, tagged]), usually)).toEqual({
    ms: 600_000,
    of: 'the lease of tagged',
  });
});
