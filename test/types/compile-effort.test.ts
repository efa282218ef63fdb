import { expect, it } from 'vitest';
import { compile } from './compiler.ts';

const times = (count: number, text: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => text(index)).join('\n');

const effortOf = async (body: string) => (await compile(body)).instantiations;

// Counts, not times: they are the same on every machine. When written: 11,500, 1,100 and 16,600.
it('a chain of 100 steps, a fork of 12 branches, and 50 signals and children cost the compiler little', async () => {
  const nothing = await effortOf('export const built = chain.build;');
  const long = await effortOf(`export const built = chain
    ${times(100, (index) => `.step(count, { id: 'step${index}' })`)}
    .build();`);
  const wide = await effortOf(`export const built = chain
    .fork({ ${times(12, (i) => `b${i}: (b) => b.step(count).map('map', ({ n }) => ({ v${i}: n })),`)} })
    .join('all', ({ b0, b11 }) => b0.v0 + b11.v11)
    .build();`);
  const waits = await effortOf(`export const child = chain.step(count).build();
    export const built = chain
    ${times(50, (i) => `.awaitSignal('s${i}', { timeout: '1d', merge: (value) => value, onTimeout: (b) => b })`)}
    ${times(50, (i) => `.child(child, { id: 'c${i}' })`)}
    .build();`);
  expect(nothing).toBeGreaterThan(0);
  expect(long - nothing).toBeLessThan(25_000);
  expect(wide - nothing).toBeLessThan(5_000);
  expect(waits - nothing).toBeLessThan(25_000);
});

it('the declaration of a workflow names only what other packages can import', async () => {
  const { declarations } = await compile(`export const built = chain
    .fork({ a: (b) => b.step(count), b: (b) => b.map('m', () => true) })
    .join('j', (outputs) => outputs.a)
    .branch('r', ({ n }) => (n > 1 ? 'x' : 'y'), { x: (b) => b, y: (b) => b.map('m', () => ({ n: 1, y: 1 })) })
    .loop('l', (b) => b.step(decide), { maxIterations: 2, onMax: 'exitWithLast' })
    .build();
    export const waiting = chain
    .awaitSignal('s', { timeout: '1d', merge: (value, payload) => ({ ...value, payload }), onTimeout: (b) => b })
    .child(chain.step(count).build())
    .build();`);
  const built = declarations.slice(declarations.indexOf('const built'));
  expect(built).toContain('string | {');
  expect(built).toContain('const waiting');
  expect(built).not.toMatch(/\/(types|chain)\./);
});
