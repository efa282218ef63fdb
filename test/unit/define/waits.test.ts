import { type Body, type Chain, defineWorkflow, done } from 'holdfast';
import { describe, expect, it } from 'vitest';
import { hashOf } from '../../../lib/define/hash.ts';
import type { SignalCode } from '../../../lib/define/workflow/node-code.ts';
import { Count, check, invoice, task, waiting } from './samples.ts';

type Value = { n: number };
const start = () => defineWorkflow('order', { input: Count });
const one: Body<Value, Value> = (b) => b.step(task('a'));

describe('a workflow that waits', () => {
  it('has its shape as data', () => {
    const { body } = waiting().shape;
    expect(JSON.parse(JSON.stringify(body))).toEqual([
      {
        kind: 'signal',
        id: 'approved',
        signal: 'approved',
        timeoutMs: 172_800_000,
        onTimeout: [
          { kind: 'step', id: 'remind', task: 'remind' },
          { kind: 'delay', id: 'grace', delayMs: 3_600_000 },
        ],
      },
      { kind: 'signal', id: 'payment', signal: 'paid' },
      { kind: 'child', id: 'invoice', workflow: 'invoice', hash: invoice.hash },
      { kind: 'child', id: 'copy', workflow: 'invoice', hash: invoice.hash },
    ]);
    expect([...body, body[0]?.kind === 'signal' && body[0].onTimeout].every(Object.isFrozen)).toBe(true);
  });

  it('has the code of its nodes by path', () => {
    const { nodes } = waiting();
    expect([...nodes].map(([path, { kind }]) => `${path} ${kind}`).sort()).toEqual([
      'approved signal',
      'approved/~/grace delay',
      'approved/~/remind step',
      'copy child',
      'invoice child',
      'payment signal',
    ]);
    const { merge, ...approved } = nodes.get('approved') as SignalCode;
    expect(approved).toEqual({ kind: 'signal', schema: Count, policy: {} });
    expect(merge?.({ n: 1 } as never, { n: 2 } as never)).toEqual({ n: 3 });
    expect(nodes.get('payment')).toEqual({ kind: 'signal', schema: Count, merge: undefined, policy: {} });
    expect(nodes.get('copy')).toEqual({ kind: 'child', workflow: invoice, policy: {} });
  });

  it('may go on as it is when a signal does not come, and may wait for ever', () => {
    const { shape } = start()
      .awaitSignal('go', { schema: Count, timeout: '1s', onTimeout: (b) => b })
      .awaitSignal('stop', { timeout: '366d', onTimeout: 'fail' })
      .awaitSignal('end')
      .build();
    expect(shape.body).toEqual([
      { kind: 'signal', id: 'go', signal: 'go', timeoutMs: 1_000, onTimeout: [] },
      { kind: 'signal', id: 'stop', signal: 'stop', timeoutMs: 366 * 86_400_000 },
      { kind: 'signal', id: 'end', signal: 'end' },
    ]);
  });

  it('counts the nodes that follow a timeout among those side by side', () => {
    const wide = (count: number) => {
      const branches = Object.fromEntries(Array.from({ length: count }, (_, index) => [`b${index}`, one]));
      const late: Body<Value, Value> = (b) => b.fork(branches).join('all', () => ({ n: 1 }));
      return start()
        .fork({
          x: (b) => b.awaitSignal('go', { timeout: '1s', onTimeout: late }),
          y: one,
          z: (b) => b.child(invoice),
        })
        .join('j', () => 1);
    };
    expect(wide(62).build().shape.body).toHaveLength(1);
    expect(() => wide(63).build()).toThrow(/has up to 65 nodes side by side/);
  });

  it('nests no deeper for what follows a timeout', () => {
    const late =
      (depth: number): Body<Value> =>
      (b) =>
        depth === 1 ? one(b) : (b.awaitSignal('s', { timeout: '1s', onTimeout: late(depth - 1) }) as never);
    const built = (depth: number) => () =>
      (late(depth)(start() as never) as ReturnType<typeof start>).build();
    expect(built(20)().shape.body).toHaveLength(1);
    expect(built(21)).toThrow(/at most 20 deep/);
  });
});

describe('the hash of a workflow that waits', () => {
  const hash = (chain: { build: () => { hash: string } }) => chain.build().hash;
  const late: Body<Value, Value> = (b) => b.step(task('late'));
  const same = { schema: Count, onTimeout: late } as const;
  const base = () =>
    start()
      .awaitSignal('go', { ...same, timeout: '1d' })
      .child(invoice);

  it('is that of its shape, and stays what stored runs carry', () => {
    const { hash: pinned, shape } = waiting();
    expect(hashOf(JSON.parse(JSON.stringify(shape)))).toBe(pinned);
    expect(pinned).toBe('0ti2td9tqkl73j7v');
  });

  it('is kept by another timeout, schema and merge', () => {
    const merge = (value: Value) => value;
    expect(hash(start().awaitSignal('go', { onTimeout: late, timeout: '2d', merge }).child(invoice))).toBe(
      hash(base()),
    );
    const [patient, timed] = [start().awaitSignal('go'), start().awaitSignal('go', { timeout: '1d' })];
    expect(hash(patient)).toBe(hash(timed));
  });

  it('changes with the signal, what follows its timeout, and the shape of a child', () => {
    const other = (step: string, name = 'invoice') =>
      defineWorkflow(name, { input: Count }).step(task(step)).build();
    const nested = (inner: typeof invoice) => defineWorkflow('outer', { input: Count }).child(inner).build();
    const go = (options: object) => start().awaitSignal('go', { schema: Count, timeout: '1d', ...options });
    const chains = [
      base(),
      go({}),
      go({ onTimeout: (b: Chain<Value>) => b }),
      go({ onTimeout: late }),
      go({ onTimeout: one }),
      go({ id: 'come' }),
      start().awaitSignal('come', { id: 'go' }),
      start().delay('go', '1d'),
      start().child(invoice),
      start().child(other('other')),
      start().child(other('bill', 'bills')),
      start().child(invoice, { id: 'bills' }),
      start().child(nested(invoice)),
      start().child(nested(other('other') as never)),
    ];
    expect(new Set(chains.map((chain) => hash(chain as never))).size).toBe(chains.length);
    expect(hash(start().child(other('bill')))).toBe(hash(start().child(invoice)));
  });
});

describe('a bad definition is refused, naming the node', () => {
  const signal = (options: unknown, name: unknown = 'go') =>
    start().awaitSignal(name as never, options as never);
  const child = (given: unknown, options?: unknown) => start().child(given as never, options as never);
  const ending = (body: Body<Value>) => start().loop('poll', body as never, { maxIterations: 5 });
  const late = (onTimeout: unknown) => signal({ timeout: '1d', onTimeout });

  const cases: [string, () => { build: unknown }, string, string][] = [
    ['a bad signal name', () => signal(undefined, 'a b'), 'InvalidName', 'a b'],
    ['a bad signal name under an id', () => signal({ id: 'x' }, '~'), 'InvalidName', 'node x: signal'],
    ['no signal name under an id', () => signal({ id: 'x' }, null), 'InvalidName', 'node x: signal'],
    ['a bad id of a signal', () => signal({ id: 'a/b' }), 'InvalidName', 'a/b'],
    ['options that are no object', () => signal('1d'), 'InvalidWorkflow', 'go'],
    ['a bad timeout', () => signal({ timeout: 'soon' }), 'InvalidDuration', 'node go: timeout'],
    ['a timeout too short', () => signal({ timeout: '999ms' }), 'InvalidDuration', 'node go: timeout'],
    ['a timeout too long', () => signal({ timeout: '367d' }), 'InvalidDuration', 'node go: timeout'],
    ['onTimeout without a timeout', () => signal({ onTimeout: one }), 'InvalidWorkflow', 'go'],
    ['another onTimeout', () => late('skip'), 'InvalidWorkflow', 'go'],
    ['an onTimeout that is null', () => late(null), 'InvalidWorkflow', 'go'],
    ['an onTimeout that returns nothing', () => late(() => {}), 'InvalidWorkflow', 'go/~'],
    [
      'an onTimeout that ends with a fork',
      () => late((b: Chain<Value>) => b.fork({ one })),
      'InvalidWorkflow',
      'go/~',
    ],
    [
      'a duplicate id in what follows a timeout',
      () => late((b: Chain<Value>) => b.delay('d', '1s').delay('d' as never, '1s')),
      'InvalidWorkflow',
      'go/~/d',
    ],
    [
      'a decision in what follows a timeout',
      () => late((b: Chain<Value>) => b.step(check)),
      'InvalidWorkflow',
      'go/~/check',
    ],
    ['a schema that is none', () => signal({ schema: {} }), 'InvalidWorkflow', 'go'],
    ['a schema that is null', () => signal({ schema: null }), 'InvalidWorkflow', 'go'],
    ['a merge that is no function', () => signal({ merge: 'both' }), 'InvalidWorkflow', 'go'],
    ['two signals of one id', () => signal({ id: 'x' }).awaitSignal('x'), 'InvalidWorkflow', 'x'],
    ['a child that is a task', () => child(task('a')), 'InvalidWorkflow', '#1'],
    ['a child of nothing', () => child(undefined), 'InvalidWorkflow', '#1'],
    ['no workflow under an id', () => child({ name: 'x' }, { id: 'x' }), 'InvalidWorkflow', 'x'],
    ['an unfinished workflow', () => child(start().step(task('a'))), 'InvalidWorkflow', '#1'],
    ['a workflow without a join', () => child(start().fork({ one })), 'InvalidWorkflow', '#1'],
    ['options of a child that are no object', () => child(invoice, 7), 'InvalidWorkflow', 'invoice'],
    ['a bad id of a child', () => child(invoice, { id: '' }), 'InvalidName', ''],
    ['a child twice', () => child(invoice).child(invoice as never), 'InvalidWorkflow', 'invoice'],
    [
      'a loop that ends with a signal',
      () => ending((b) => b.awaitSignal('go')),
      'InvalidWorkflow',
      'poll/go',
    ],
    [
      'a loop that ends with a child',
      () => ending((b) => b.child(invoice)),
      'InvalidWorkflow',
      'poll/invoice',
    ],
    [
      'a loop that ends with a signal on a route',
      () => ending((b) => b.branch('way', () => 'x', { x: (c) => c.awaitSignal('go') })),
      'InvalidWorkflow',
      'poll/way/x/go',
    ],
  ];
  it.each(cases)('%s', (_, chain, code, field) => {
    expect(() => (chain() as { build(): unknown }).build()).toThrow(expect.objectContaining({ code, field }));
  });

  it('an unfinished workflow says how to finish it', () => {
    expect(() => child(start().step(task('a'))).build()).toThrow(/end it with \.build\(\)/);
    expect(() => child(start().fork({ one })).build()).toThrow(/end it with \.build\(\)/);
  });

  it('but a loop may wait before it decides', () => {
    const looping = ending((b) =>
      b
        .awaitSignal('go', { timeout: '1d', merge: (value) => value, onTimeout: one })
        .child(invoice)
        .map('end', () => done(1)),
    );
    expect(looping.build().nodes.size).toBe(4);
  });
});
