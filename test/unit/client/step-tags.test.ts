import { type Body, defineWorkflow } from 'holdfast';
import { expect, it } from 'vitest';
import type { Pools } from '../../../lib/config/pools.ts';
import { registeredOf } from '../../../lib/define/registry.ts';
import { checkStepTags } from '../../../lib/submission/step-tags.ts';
import { Count, task } from '../define/samples.ts';

const lanes = { normal: 'http://127.0.0.1/queue' };
const pools: Pools = { default: { tags: [], lanes }, gpu: { tags: ['gpu'], lanes } };
const start = (name: string) => defineWorkflow(name, { input: Count });
const tagged =
  (tag: string): Body<{ n: number }, { n: number }> =>
  (b) =>
    b.step(task('a'), { tags: [tag] });
const check = (definition: Parameters<typeof registeredOf>[0]) => () =>
  checkStepTags(pools, registeredOf(definition));
const unknown = (message: string) =>
  expect.objectContaining({ code: 'UnknownTag', field: 'tags', message: expect.stringContaining(message) });

const late = (tag: string) =>
  start('late')
    .awaitSignal('go', { timeout: '1d', onTimeout: tagged(tag) })
    .build();
const child = (tag: string) =>
  start('child')
    .fork({ x: tagged(tag) })
    .join('both', ({ x }) => x)
    .build();

it('finds the tag of a step that follows a timeout', () => {
  expect(check(late('gpu'))).not.toThrow();
  expect(check(late('arm'))).toThrow(unknown('Step go/~/a of late'));
});

it('finds the tag of a step of a child run, and of its own', () => {
  const nested = (tag: string) =>
    start('outer')
      .child(start('middle').child(child(tag)).build())
      .build();
  expect(check(nested('gpu'))).not.toThrow();
  expect(check(nested('arm'))).toThrow(unknown('Step both/x/a of child'));
});

it('has nothing to find in a task', () => {
  expect(check(task('a'))).not.toThrow();
});
