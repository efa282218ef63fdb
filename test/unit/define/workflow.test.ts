import { again, type Body, type Chain, defineTask, defineWorkflow, done, NonRetryableError } from 'holdfast';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { hashOf } from '../../../lib/define/hash.ts';
import { Count, check, everything, task } from './samples.ts';

type Value = { n: number };
// What TypeScript would refuse is given as `never`: programs in JavaScript have no types.
const start = () => defineWorkflow('order', { input: Count });

describe('a built workflow', () => {
  it('has its shape as data', () => {
    const { shape } = everything();
    expect(JSON.parse(JSON.stringify(shape))).toEqual({
      kind: 'workflow',
      name: 'everything',
      body: [
        { kind: 'step', id: 'validate', task: 'validate' },
        {
          kind: 'fork',
          id: 'confirm',
          branches: [
            { name: 'payment', body: [{ kind: 'step', id: 'charge', task: 'charge' }] },
            {
              name: 'stock',
              body: [
                { kind: 'step', id: 'reserve', task: 'reserve' },
                { kind: 'delay', id: 'settle', delayMs: 90_000 },
              ],
            },
          ],
          join: { kind: 'map', id: 'confirm' },
        },
        {
          kind: 'branch',
          id: 'route',
          routes: [{ key: 'fast', body: [{ kind: 'step', id: 'fly', task: 'fly' }] }],
          otherwise: [{ kind: 'step', id: 'wait', task: 'wait' }],
        },
        { kind: 'map', id: 'shape' },
        {
          kind: 'loop',
          id: 'poll',
          body: [
            { kind: 'delay', id: 'pause', delayMs: 3_600_000 },
            { kind: 'step', id: 'check', task: 'check', decides: true },
          ],
          maxIterations: 20,
          onMax: 'exitWithLast',
        },
      ],
    });
  });

  it('has the code of its nodes by path', () => {
    const kinds = [...everything().nodes].map(([path, { kind }]) => `${path} ${kind}`);
    expect(kinds.sort()).toEqual([
      'confirm join',
      'confirm/payment/charge step',
      'confirm/stock/reserve step',
      'confirm/stock/settle delay',
      'poll/check step',
      'poll/pause delay',
      'route route',
      'route/fast/fly step',
      'route/~/wait step',
      'shape map',
      'validate step',
    ]);
  });

  it('runs the functions it was given', () => {
    const { nodes } = start()
      .fork({ a: (b) => b.map('same', ({ n }) => n) })
      .join('sum', ({ a }) => a + 1)
      .branch('way', (n) => (n > 1 ? 'up' : 'down'), { up: (b) => b, down: (b) => b })
      .build();
    const run = (path: string, value: unknown) => {
      const code = nodes.get(path);
      return code && 'run' in code ? code.run(value as never) : undefined;
    };
    expect([run('sum/a/same', { n: 7 }), run('sum', { a: 1 }), run('way', 0)]).toEqual([7, 2, 'down']);
  });

  it('is immutable, and so is a chain', () => {
    const chain = start().step(task('a'));
    const short = chain.build();
    const long = chain.step(task('b')).build();
    expect([short.shape.body.length, long.shape.body.length]).toEqual([1, 2]);
    expect([short, short.shape, short.shape.body, short.shape.body[0]].every(Object.isFrozen)).toBe(true);
  });

  it('joins by a task, which takes the outputs of the branches', () => {
    const joining = defineTask({ name: 'joining', input: z.object({ a: Count }), run: () => 1 });
    const { nodes, shape } = start()
      .fork({ a: (b) => b.step(task('a')) })
      .join(joining, { id: 'both', timeout: '2s' })
      .build();
    expect(shape.body[0]).toMatchObject({
      id: 'both',
      join: { kind: 'step', id: 'both', task: 'joining', timeoutMs: 2_000 },
    });
    expect(nodes.get('both')).toMatchObject({ kind: 'step', task: joining });
  });

  it('lays the options of a step over those of its task', () => {
    const own = defineTask({
      name: 'own',
      input: Count,
      timeout: '5s',
      lease: '9s',
      retry: { maxAttempts: 7, factor: 3, retryIf: () => true },
      run: () => 1,
    });
    const retryIf = (error: unknown) => !(error instanceof NonRetryableError);
    const { nodes, shape } = start()
      .step(own, {
        id: 'here',
        timeout: '1m',
        retry: { maxAttempts: 2, retryIf },
        priority: 'high',
        tags: ['gpu', 'eu', 'gpu'],
        metadata: { owner: 'ann' },
      })
      .map('back', (n) => ({ n }))
      .step(task('plain'))
      .build();
    expect(nodes.get('here')).toMatchObject({
      policy: { timeoutMs: 60_000, leaseMs: 9_000, maxAttempts: 2, factor: 3 },
      retryIf,
      metadata: { owner: 'ann' },
    });
    expect(shape.body[0]).toEqual({
      kind: 'step',
      id: 'here',
      task: 'own',
      leaseMs: 9_000,
      timeoutMs: 60_000,
      priority: 'high',
      tags: ['eu', 'gpu'],
    });
    expect(nodes.get('plain')).toMatchObject({ policy: {}, retryIf: undefined, metadata: {} });
    const kept = start().step(own).build().nodes.get('own');
    expect(kept).toMatchObject({ policy: own.policy, retryIf: own.retryIf });
  });
});

describe('the end of a loop body', () => {
  const decisions: Record<string, Body<Value>> = {
    'a task with a decision': (b) => b.step(task('a')).step(check),
    'a task without an output schema': (b) =>
      b.step(defineTask({ name: 'free', input: Count, run: () => done(1) })),
    'a function': (b) => b.map('decide', (value) => again(value)),
    'a join': (b) => b.fork({ a: (c) => c.step(task('a')) }).join('decide', ({ a }) => again(a)),
    'a join by a task': (b) => b.fork({ n: (c) => c.map('n', ({ n }) => n) }).join(check),
    'every route': (b) =>
      b.branch(
        'way',
        () => 'x' as string,
        { x: (c) => c.step(check) },
        (c) => c.map('end', () => done(1)),
      ),
  };
  it.each(Object.keys(decisions))('may be %s', (name) => {
    const { shape } = looping(decisions[name] as Body<Value>);
    expect(shape.body[0]).toMatchObject({ kind: 'loop', maxIterations: 5, onMax: 'fail' });
  });

  it('marks the steps that decide', () => {
    const { shape } = looping((b) =>
      b.step(task('first')).branch(
        'way',
        () => 'x' as string,
        { x: (c) => c.step(task('second')).step(check) },
        (c) => c.step(check),
      ),
    );
    const marked: string[] = [];
    JSON.stringify(shape, (_, value) => {
      if (value?.decides) marked.push(value.id);
      return value;
    });
    expect(marked).toEqual(['check', 'check']);
    expect(JSON.stringify(shape)).toContain('{"kind":"step","id":"second","task":"second"}');
  });

  const typed = defineTask({ name: 'typed', input: Count, output: Count, run: (value) => value });
  const undecided: [string, Body<Value>, string][] = [
    ['a task that gives something else', (b) => b.step(typed), 'poll/typed'],
    ['a delay', (b) => b.step(task('a')).delay('pause', '1s'), 'poll/pause'],
    ['another loop', (b) => b.loop('inner', (c) => c.step(check), { maxIterations: 1 }), 'poll/inner'],
    ['nothing', (b) => b, 'poll'],
    [
      'one route of several',
      (b) => b.branch('way', () => 'x', { x: (c) => c.step(typed) }),
      'poll/way/x/typed',
    ],
    ['a route without elements', (b) => b.branch('way', () => 'x', { x: (c) => c }), 'poll/way/x'],
    [
      'an otherwise without elements',
      (b) =>
        b.branch(
          'way',
          () => 'y' as string,
          { x: (c) => c.step(check) },
          (c) => c,
        ),
      'poll/way/~',
    ],
  ];
  it.each(undecided)('must not be %s', (_, body, field) => {
    expect(() => looping(body)).toThrow(expect.objectContaining({ code: 'InvalidWorkflow', field }));
  });

  it('is the only place for a task that decides', () => {
    const wrong = [
      start().step(check),
      start()
        .fork({ a: (b) => b.step(check) })
        .join('j', () => 1),
      start().loop('poll', (b) => b.step(check).map('after', (value) => value), { maxIterations: 1 }),
    ];
    const fields = ['check', 'j/a/check', 'poll/check'];
    for (const [index, chain] of wrong.entries()) {
      expect(() => chain.build()).toThrow(
        expect.objectContaining({ code: 'InvalidWorkflow', field: fields[index] }),
      );
    }
  });

  const looping = (body: Body<Value>) =>
    start()
      .loop('poll', body as never, { maxIterations: 5 })
      .build();
});

describe('a bad definition is refused, naming the node', () => {
  const one: Body<Value> = (b) => b.step(task('a'));
  const branches = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`b${index}`, one]));
  const loop = (options: unknown) => start().loop('poll', (b) => b.step(check), options as never);
  const step = (options: unknown, given: unknown = task('a')) =>
    start().step(given as never, options as never);
  const fork = (given: unknown) =>
    start()
      .fork(given as never)
      .join('j', () => 1);
  const route = (given: unknown, key: unknown = () => 'x', otherwise?: unknown) =>
    start().branch('way', key as never, given as never, otherwise as never);

  const cases: [string, () => { build: unknown }, string, string][] = [
    ['no elements', () => start(), 'InvalidWorkflow', 'order'],
    [
      'a duplicate id',
      () =>
        start()
          .map('a', () => 1)
          .map('a' as never, () => 2),
      'InvalidWorkflow',
      'a',
    ],
    [
      'a duplicate id inside of a route',
      () => route({ x: (b: Chain<Value>) => b.delay('d', '1s').delay('d' as never, '1s') }),
      'InvalidWorkflow',
      'way/x/d',
    ],
    ['a bad id', () => start().map('a/b', () => 1), 'InvalidName', 'a/b'],
    ['an id that is no text', () => step({ id: true }), 'InvalidName', 'true'],
    ['a bad branch name', () => fork({ '~': one }), 'InvalidName', 'j/~'],
    ['a bad route key', () => route({ 'a b': one }), 'InvalidName', 'way/a b'],
    ['something that is no task', () => step(undefined, { name: 'x' }), 'InvalidWorkflow', '#1'],
    ['no task under an id', () => step({ id: 'x' }, null), 'InvalidWorkflow', 'x'],
    [
      'a join by something else',
      () =>
        start()
          .fork({ a: one })
          .join(7 as never),
      'InvalidWorkflow',
      '#1',
    ],
    ['a map without a function', () => start().map('m', 'x' as never), 'InvalidWorkflow', 'm'],
    [
      'a join without a function',
      () =>
        start()
          .fork({ a: one })
          .join('j', undefined as never),
      'InvalidWorkflow',
      'j',
    ],
    ['a fork without branches', () => fork({}), 'InvalidWorkflow', 'j'],
    ['a fork of nothing', () => fork(undefined), 'InvalidWorkflow', 'j'],
    ['a fork of a list', () => fork([one]), 'InvalidWorkflow', 'j'],
    ['a fork of 65 branches', () => fork(branches(65)), 'InvalidWorkflow', 'j'],
    ['a fork branch without elements', () => fork({ a: (b: unknown) => b }), 'InvalidWorkflow', 'j/a'],
    ['a body that is no function', () => fork({ a: 1 }), 'InvalidWorkflow', 'j/a'],
    ['a body that returns nothing', () => fork({ a: () => {} }), 'InvalidWorkflow', 'j/a'],
    ['a body that returns a promise', () => fork({ a: async (b: unknown) => b }), 'InvalidWorkflow', 'j/a'],
    [
      'a body that returns another chain',
      () => fork({ a: () => start().step(task('a')) }),
      'InvalidWorkflow',
      'j/a',
    ],
    [
      'a body that is built',
      () => fork({ a: (b: Chain<Value>) => (one(b) as never as { build(): void }).build() }),
      'InvalidWorkflow',
      'j/a',
    ],
    [
      'a body that ends with a fork',
      () => fork({ a: (b: Chain<Value>) => b.fork({ x: one }) }),
      'InvalidWorkflow',
      'j/a',
    ],
    ['a branch without routes', () => route({}), 'InvalidWorkflow', 'way'],
    ['a branch without a function', () => route({ x: one }, 'speed'), 'InvalidWorkflow', 'way'],
    ['an otherwise that is no body', () => route({ x: one }, undefined, 7), 'InvalidWorkflow', 'way/~'],
    ['a loop without a bound', () => loop(undefined), 'InvalidWorkflow', 'poll'],
    [
      'a loop without end',
      () => loop({ maxIterations: Number.POSITIVE_INFINITY }),
      'InvalidWorkflow',
      'poll',
    ],
    ['a loop of no iterations', () => loop({ maxIterations: 0 }), 'InvalidWorkflow', 'poll'],
    ['a loop of too many', () => loop({ maxIterations: 1_000_001 }), 'InvalidWorkflow', 'poll'],
    ['a loop with another end', () => loop({ maxIterations: 1, onMax: 'exit' }), 'InvalidWorkflow', 'poll'],
    ['a bad delay', () => start().delay('d', '1 hour' as never), 'InvalidDuration', 'd'],
    ['a delay too short', () => start().delay('d', '999ms'), 'InvalidDuration', 'd'],
    ['a delay too long', () => start().delay('d', '367d'), 'InvalidDuration', 'd'],
    ['a bad timeout', () => step({ timeout: 'soon' }), 'InvalidDuration', 'node a: timeout'],
    ['a lease too long', () => step({ lease: '13h' }), 'InvalidArgument', 'node a: lease'],
    [
      'a bad retry',
      () => step({ retry: { maxAttempts: 0 } }),
      'InvalidArgument',
      'node a: retry.maxAttempts',
    ],
    ['a retryIf that is no function', () => step({ retry: { retryIf: 1 } }), 'InvalidWorkflow', 'a'],
    ['a bad priority', () => step({ priority: 'urgent' }), 'InvalidWorkflow', 'a'],
    ['tags that are no list', () => step({ tags: 'eu' }), 'InvalidWorkflow', 'a'],
    ['an empty tag', () => step({ tags: [''] }), 'InvalidWorkflow', 'a'],
    ['options that are no object', () => step('fast'), 'InvalidWorkflow', 'a'],
    ['options that are null', () => step(null), 'InvalidWorkflow', 'a'],
    ['17 tags', () => step({ tags: Array.from({ length: 17 }, String) }), 'InvalidWorkflow', 'a'],
    ['metadata that is no object', () => step({ metadata: [] }), 'InvalidWorkflow', 'a'],
  ];
  it.each(cases)('%s', (_, chain, code, field) => {
    expect(() => (chain() as { build(): unknown }).build()).toThrow(expect.objectContaining({ code, field }));
  });

  it('a fork without join at the end', () => {
    const fork = start().fork({ a: one, b: one });
    expect(() => (fork as unknown as { build(): unknown }).build()).toThrow(/fork of a, b has no join/);
  });

  it('nesting beyond 20, even endless', () => {
    const nested =
      (depth: number): Body<Value> =>
      (b) =>
        depth === 1 ? one(b) : b.fork({ x: nested(depth - 1) }).join('j', () => 1);
    const built = (body: Body<Value>) => () =>
      start()
        .fork({ x: body })
        .join('j', () => 1)
        .build();
    expect(built(nested(19))().shape.body).toHaveLength(1);
    expect(built(nested(20))).toThrow(expect.objectContaining({ code: 'InvalidWorkflow' }));
    const endless: Body<Value> = (b) => b.fork({ x: endless }).join('j', () => 1);
    expect(built(endless)).toThrow(/at most 20 deep/);
  });

  it('more than 10,000 nodes', () => {
    const wide = (count: number) => {
      const many: Body<Value> = (b) =>
        times(b, count, (chain, index) => chain.map(`m${index}` as never, () => ({ n: 1 })));
      return start()
        .fork({ x: many })
        .join('j', () => 1);
    };
    expect(wide(9_999).build().nodes.size).toBe(10_000);
    expect(() => wide(10_000).build()).toThrow(
      expect.objectContaining({ code: 'InvalidWorkflow', field: 'j/x/m9999' }),
    );
  });

  it.each([
    [() => defineWorkflow('1', { input: Count }), 'InvalidName', 'name'],
    [() => defineWorkflow(null as never, { input: Count }), 'InvalidName', 'name'],
    [() => defineWorkflow('x', { input: {} as never }), 'InvalidArgument', 'input'],
    [() => defineWorkflow('x', { input: Count, version: 0 }), 'InvalidArgument', 'version'],
    [() => defineWorkflow('x', { input: Count, version: 1.5 }), 'InvalidArgument', 'version'],
  ])('%s', (define, code, field) => {
    expect(define).toThrow(expect.objectContaining({ code, field }));
  });
});

function times(begin: Chain<Value>, count: number, more: (chain: Chain<Value>, index: number) => unknown) {
  let chain = begin;
  for (let index = 0; index < count; index++) chain = more(chain, index) as Chain<Value>;
  return chain;
}

describe('the hash of a workflow', () => {
  const hash = (chain: { build: () => { hash: string } }) => chain.build().hash;
  const base = () => start().step(task('a')).delay('d', '1s');

  it('is that of its shape, and stays what stored runs carry', () => {
    const built = everything();
    expect(hashOf(built.shape)).toBe(built.hash);
    expect(hashOf(JSON.parse(JSON.stringify(built.shape)))).toBe(built.hash);
    expect(built.hash).toBe('01el33frs4o6ab68');
    expect(hashOf({ kind: 'task', name: 'resize', body: [] })).toBe('0v9j7jeaaon0kucr');
  });

  it('is kept by edits of how a step is executed, and by the order of branches and routes', () => {
    const edited = start()
      .step(
        defineTask({
          name: 'a',
          input: Count,
          timeout: '1s',
          retry: { maxAttempts: 9 },
          run: ({ n }) => ({ n }),
        }),
        {
          timeout: '9s',
          lease: '9s',
          retry: { factor: 1 },
          priority: 'low',
          tags: ['x'],
          metadata: { a: 1 },
        },
      )
      .delay('d', '1000ms');
    expect(hash(edited)).toBe(hash(base()));
    const x: Body<Value> = (b) => b.step(task('x'));
    const y: Body<Value> = (b) => b.step(task('y'));
    expect(
      hash(
        start()
          .fork({ x, y })
          .join('j', () => 1),
      ),
    ).toBe(
      hash(
        start()
          .fork({ y, x })
          .join('j', () => 2),
      ),
    );
    expect(hash(start().branch('r', () => 'x' as 'x' | 'y', { x, y }))).toBe(
      hash(start().branch('r', () => 'y' as 'x' | 'y', { y, x })),
    );
  });

  it('changes with the shape', () => {
    const x: Body<Value> = (b) => b.step(task('x'));
    const y: Body<Value> = (b) => b.step(task('y'));
    const poll = { maxIterations: 5 };
    const loop: Body<Value> = (b) => b.step(check);
    const shapes = [
      base(),
      defineWorkflow('other', { input: Count }).step(task('a')).delay('d', '1s'),
      start().step(task('a'), { id: 'b' }).delay('d', '1s'),
      start().step(task('b'), { id: 'a' }).delay('d', '1s'),
      start().step(task('a')).delay('d', '2s'),
      start()
        .step(task('a'))
        .map('d', (value) => value),
      start().delay('d', '1s').step(task('a')),
      start()
        .fork({ x, y })
        .join('j', () => 1),
      start()
        .fork({ x, z: y })
        .join('j', () => 1),
      start()
        .fork({ x, y: x })
        .join('j', () => 1),
      start()
        .fork({ x, y })
        .join(defineTask({ name: 'j', input: z.unknown(), run: () => 1 })),
      start().branch('j', () => 'x' as 'x' | 'y', { x, y }),
      start().branch('j', () => 'x' as 'x' | 'z', { x, z: y }),
      start().branch(
        'j',
        () => 'x' as string,
        { x, y },
        (b) => b,
      ),
      start().branch('j', () => 'x' as string, { x, y }, y),
      start().loop('j', loop as never, poll),
      start().loop('j', loop as never, { maxIterations: 6 }),
      start().loop('j', loop as never, { maxIterations: 5, onMax: 'exitWithLast' }),
    ];
    const hashes = shapes.map((chain) => hash(chain as never));
    expect(new Set(hashes).size).toBe(shapes.length);
  });
});

it('a path fits into messages and keys', () => {
  const long = 'n'.repeat(60);
  const deep = (level: number): Body<Value> =>
    level === 0
      ? (b) => b.map(long, (value) => value)
      : (b) => b.fork({ [`b${long}`]: deep(level - 1) }).join(long, () => ({ n: 1 }));
  const built = (level: number) => deep(level)(start() as never) as unknown as { build(): unknown };
  expect(() => built(3).build()).not.toThrow();
  expect(() => built(5).build()).toThrow(
    expect.objectContaining({
      code: 'InvalidWorkflow',
      message: expect.stringContaining('at most 512 characters'),
    }),
  );
});

describe('nodes side by side', () => {
  const one = (b: Chain<Value>) => b.map('same', (value) => value);
  const wide = (count: number, body: (b: Chain<Value>) => unknown): Record<string, never> =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`b${index}`, body as never]));
  const nested = (outer: number, inner: number) =>
    start()
      .fork(wide(outer, (b) => b.fork(wide(inner, one)).join('inner', () => ({ n: 1 }))))
      .join('outer', () => ({ n: 1 }));

  it('are 64 at the most, however they are nested', () => {
    expect(nested(8, 8).build().shape.body).toHaveLength(1);
    expect(() => nested(5, 13).build()).toThrow(
      expect.objectContaining({
        code: 'InvalidWorkflow',
        message: expect.stringContaining('65 nodes side by side'),
      }),
    );
  });

  it('are counted where they are most: routes exclude each other, loops come again', () => {
    const routes = Object.fromEntries(
      Array.from({ length: 70 }, (_, index) => [`r${index}`, (b: Chain<Value>) => one(b)]),
    );
    const built = start()
      .branch('route', () => 'r1' as string, routes as never, one)
      .loop('again', (b) => b.fork(wide(63, one)).join('all', () => done(1)), { maxIterations: 2 })
      .build();
    expect(built.shape.body).toHaveLength(2);
  });
});
