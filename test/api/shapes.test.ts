import { expect, it } from 'vitest';
import { shapeSchema } from '../../lib/api/shape-schemas.ts';
import { everything, waiting } from '../unit/define/samples.ts';

it.each([everything(), waiting()])(
  'what is documented of shapes leaves nothing of $name out',
  ({ shape }) => {
    expect(shapeSchema.parse(JSON.parse(JSON.stringify(shape)))).toEqual(shape);
  },
);

it('refuses signals and children that lack what makes them', () => {
  const accepts = (element: object) =>
    shapeSchema.safeParse({ kind: 'workflow', name: 'w', body: [element] }).success;
  const signal = { kind: 'signal', id: 's', signal: 'go' };
  const child = { kind: 'child', id: 'c', workflow: 'w', hash: 'h' };
  expect([signal, { ...signal, timeoutMs: 1_000, onTimeout: [child] }].map(accepts)).toEqual([true, true]);
  const { hash: _hash, ...unknown } = child;
  const wrong = [
    { ...signal, signal: 1 },
    { ...signal, timeoutMs: -1 },
    { ...signal, onTimeout: 'fail' },
    unknown,
  ];
  expect(wrong.map(accepts)).toEqual([false, false, false, false]);
});
