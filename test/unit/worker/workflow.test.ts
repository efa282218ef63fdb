import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { defineTask } from '../../../lib/define/task.ts';
import { again, decision, done } from '../../../lib/define/workflow/decision.ts';
import { defineWorkflow } from '../../../lib/define/workflow/define-workflow.ts';
import { VirtualSystem } from '../../support/virtual-system.ts';

const add = defineTask({ name: 'add', input: z.number(), run: (n: number) => n + 1 });
const double = defineTask({ name: 'double', input: z.number(), run: (n: number) => n * 2 });

/** Counts the writes that were applied. */
function counting(system: VirtualSystem) {
  const names: string[] = [];
  const apply = system.runs.apply.bind(system.runs);
  system.runs.apply = async (transition) => {
    const result = await apply(transition);
    names.push(`${transition.name}${result.applied ? '' : ' refused'}`);
    return result;
  };
  return names;
}

describe('a chain', () => {
  const chain = defineWorkflow('chain', { input: z.number() })
    .step(add)
    .step(double)
    .map('text', (n) => `${n}`)
    .build();

  it('runs under one lease, one write a step and one message in all', async () => {
    const system = new VirtualSystem({ chain });
    const writes = counting(system);
    const run = await system.client.submit(chain, 3);
    expect(system.queue.sent).toHaveLength(1);
    await system.drive();
    expect(await system.client.get(run)).toMatchObject({
      status: 'succeeded',
      output: '8',
      kind: 'workflow',
    });
    expect(writes).toEqual(['claim', 'commit', 'commit', 'commit']);
    expect((await system.client.get(run)).nodes?.map(({ id, output }) => [id, output])).toEqual([
      ['add', 4],
      ['double', 8],
      ['text', '8'],
    ]);
  });
});

describe('a fork', () => {
  const fork = defineWorkflow('fork', { input: z.number() })
    .fork({ a: (b) => b.step(add).step(double), b: (b) => b.step(double), c: (b) => b.map('same', (n) => n) })
    .join('sum', ({ a, b, c }) => a + b + c)
    .step(add)
    .build();

  it('joins the outputs of its branches', async () => {
    const system = new VirtualSystem({ fork });
    const writes = counting(system);
    const run = await system.client.submit(fork, 3);
    expect(system.queue.sent).toHaveLength(3);
    await system.drive();
    expect(await system.client.get(run)).toMatchObject({ status: 'succeeded', output: 8 + 6 + 3 + 1 });
    expect(writes.filter((name) => name.includes('refused'))).toEqual([]);
    expect(writes).toHaveLength(3 + 4 + 2);
  });
});

describe('a fork whose name every object has', () => {
  it.each(['constructor', 'toString', 'valueOf'])('%s is joined as any other', async (name) => {
    const fork = defineWorkflow('fork', { input: z.number() })
      .fork({ a: (b) => b.step(add), b: (b) => b.step(double) })
      .join(name, ({ a, b }) => a + b)
      .build();
    const system = new VirtualSystem({ fork });
    const run = await system.client.submit(fork, 3);
    await Promise.all(
      // Side by side neither branch sees that the other has ended.
      system.queue.drain().map(({ message }) => system.executor().execute(system.delivery(message))),
    );
    await system.drive();
    expect(await system.client.get(run)).toMatchObject({ status: 'succeeded', output: 10 });
  });
});

describe('a branch', () => {
  const route = defineWorkflow('route', { input: z.number() })
    .branch('size', (n) => (n > 10 ? 'large' : 'small'), {
      large: (b) => b.step(double),
      small: (b) => b.step(add),
    })
    .map('text', (n) => `${n}`)
    .build();

  it.each([
    [20, '40'],
    [3, '4'],
  ])('%i takes its route', async (input, output) => {
    const system = new VirtualSystem({ route });
    const run = await system.client.submit(route, input);
    await system.drive();
    expect(await system.client.get(run)).toMatchObject({ status: 'succeeded', output });
  });
});

describe('a loop', () => {
  const grow = defineTask({
    name: 'grow',
    input: z.number(),
    output: decision({ again: z.number(), done: z.string() }),
    run: (n: number) => (n >= 10 ? done(`${n}`) : again(n + 3)),
  });
  const loop = defineWorkflow('loop', { input: z.number() })
    .loop('poll', (b) => b.step(grow), { maxIterations: 5 })
    .map('shout', (text) => `${text}!`)
    .build();

  it('goes round until it is done', async () => {
    const system = new VirtualSystem({ loop });
    const run = await system.client.submit(loop, 1);
    await system.drive();
    const view = await system.client.get(run);
    expect(view).toMatchObject({ status: 'succeeded', output: '10!' });
    expect(view.nodes?.find(({ id }) => id === 'poll')).toMatchObject({ status: 'succeeded', iteration: 4 });
  });

  it('fails when it has gone round too often', async () => {
    const system = new VirtualSystem({ loop });
    const run = await system.client.submit(loop, -100);
    await system.drive();
    expect(await system.client.get(run)).toMatchObject({
      status: 'failed',
      error: { code: 'LoopExhausted' },
    });
  });

  it('goes on with its last value where that is wanted', async () => {
    const last = defineWorkflow('last', { input: z.number() })
      .loop(
        'poll',
        (b) => b.fork({ x: (c) => c.step(add), y: (c) => c.step(add) }).join('both', ({ x }) => again(x)),
        {
          maxIterations: 3,
          onMax: 'exitWithLast',
        },
      )
      .build();
    const system = new VirtualSystem({ last });
    const run = await system.client.submit(last, 1);
    await system.drive(60);
    expect(await system.client.get(run)).toMatchObject({ status: 'succeeded', output: 4 });
  });
});

describe('a delay', () => {
  const delayed = defineWorkflow('delayed', { input: z.number() })
    .step(add)
    .delay('pause', '10m')
    .step(double)
    .build();

  it('hands its input on when it is over', async () => {
    const system = new VirtualSystem({ delayed });
    const begin = system.clock.now();
    const run = await system.client.submit(delayed, 1);
    await system.drive();
    expect(await system.client.get(run)).toMatchObject({ status: 'succeeded', output: 4 });
    expect(system.clock.now() - begin).toBe(600_000);
  });
});
