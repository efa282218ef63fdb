import { defineWorkflow } from '../../define/workflow/define-workflow.ts';
import { add, count, decides, double, piece, sum } from './pieces.ts';

const input = piece;

const chain = defineWorkflow('chain', { input })
  .step(add)
  .map('less', (given) => ({ ...given, n: given.n - 3 }))
  .step(double)
  .step(add, { id: 'elsewhere', tags: ['elsewhere'] })
  .step(double, { id: 'last' })
  .build();

const forked = defineWorkflow('forked', { input })
  .fork({
    a: (b) => b.step(add).step(double),
    b: (b) => b.step(double),
    c: (b) => b.map('same', (given) => given),
  })
  .join(sum)
  .step(add)
  .build();

const nested = defineWorkflow('nested', { input })
  .fork({
    left: (b) =>
      b
        .fork({ x: (c) => c.step(add), y: (c) => c.step(double) })
        .join('inner', ({ x, y }) => ({ ...x, n: x.n + y.n }))
        .step(add),
    right: (b) => b.delay('rest', '5s').step(double),
  })
  .join('outer', ({ left, right }) => ({ ...left, n: left.n - right.n }))
  .build();

const routed = defineWorkflow('routed', { input })
  .branch(
    'by',
    ({ n }): 'zero' | 'one' | 'two' => (n % 3 === 0 ? 'zero' : n % 3 === 1 ? 'one' : 'two'),
    { zero: (b) => b.step(add).step(double), one: (b) => b },
    (b) =>
      b.fork({ p: (c) => c.step(add), q: (c) => c.step(double) }).join('both', ({ p, q }) => ({
        ...p,
        n: p.n * q.n,
      })),
  )
  .map('end', (given) => ({ ...given, n: given.n + 100 }))
  .build();

const looped = defineWorkflow('looped', { input })
  .loop('poll', (b) => b.step(count), { maxIterations: 10 })
  .loop('more', (b) => b.step(double).delay('pause', '2s').step(count), {
    maxIterations: 10,
    onMax: 'exitWithLast',
  })
  .step(add)
  .build();

const rounds = defineWorkflow('rounds', { input })
  .loop(
    'round',
    (b) =>
      b
        .fork({ x: (c) => c.step(add), y: (c) => c.step(double) })
        .join('both', ({ x, y }) => decides(x.n + y.n, 50, x)),
    { maxIterations: 3, onMax: 'exitWithLast' },
  )
  .build();

const deep = defineWorkflow('deep', { input })
  .fork({
    l: (b) =>
      b.loop(
        'outer',
        (c) =>
          c
            .loop('inner', (d) => d.step(count), { maxIterations: 5 })
            .map('check', (given) => decides(given.n + 1, 10, given)),
        { maxIterations: 4, onMax: 'exitWithLast' },
      ),
    r: (b) => b.step(double),
  })
  .join(sum)
  .build();

const delayed = defineWorkflow('delayed', { input })
  .step(add)
  .delay('short', '10s')
  .step(double)
  .delay('long', '20m')
  .step(add, { id: 'last' })
  .build();

const long = defineWorkflow('long', { input })
  .step(add, { id: 's1' })
  .step(add, { id: 's2' })
  .step(add, { id: 's3' })
  .fork({
    a: (b) =>
      b.step(add, { id: 't1' }).step(add, { id: 't2' }).step(add, { id: 't3' }).step(add, { id: 't4' }),
    b: (b) => b.step(double),
  })
  .join(sum)
  .step(double, { id: 's4' })
  .step(add, { id: 's5' })
  .step(add, { id: 's6' })
  .build();

/** Branches that end together, twice. */
const twins = defineWorkflow('twins', { input })
  .fork({ x: (b) => b.step(add), y: (b) => b.step(add), z: (b) => b.step(double) })
  .join('first', ({ x, y, z }) => ({ ...x, n: x.n + y.n + z.n }))
  .fork({ x: (b) => b.step(double), y: (b) => b.step(add) })
  .join('second', ({ x, y }) => ({ ...x, n: x.n - y.n }))
  .build();

/** Those that wait for nothing but time. */
export const plainWorkflows = { twins, chain, forked, nested, routed, looped, rounds, deep, delayed, long };
