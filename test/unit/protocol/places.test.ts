import { describe, expect, it } from 'vitest';
import { graphOf } from '../../../lib/define/graph/graph.ts';
import type { ElementShape, Sequence, Shape } from '../../../lib/model/definition.ts';
import type { DefinitionHash, NodeId } from '../../../lib/model/ids.ts';
import { elementsOf } from '../../../lib/protocol/nodes/elements.ts';
import { longestDelayMs } from '../../../lib/protocol/nodes/longest.ts';
import { branchAround, decides, loopAround, placeOf } from '../../../lib/protocol/nodes/place.ts';
import * as shapes from '../../support/workflow-shapes.ts';

const step = (id: string): ElementShape => ({ kind: 'step', id, task: 't' });
const delay = (id: string, delayMs: number): ElementShape => ({ kind: 'delay', id, delayMs });
const child: ElementShape = { kind: 'child', id: 'c', workflow: 'w', hash: 'h' as DefinitionHash };
const signal = (id: string, over: { timeoutMs?: number; onTimeout?: Sequence } = {}): ElementShape => ({
  kind: 'signal',
  id,
  signal: 's',
  ...over,
});
const year = 366 * 86_400_000;

it.each(Object.entries(shapes))('each node of the shape %s stands where its path leads', (_, shape) => {
  const paths = graphOf(shape).nodes.flatMap(({ path }) => path ?? []) as NodeId[];
  expect(paths.map((path) => placeOf(shape, path)?.path)).toEqual(paths);
});

it.each(Object.entries(shapes))('each element of the shape %s is found, at whatever depth', (_, shape) => {
  const paths = graphOf(shape).nodes.flatMap(({ path }) => path ?? []) as NodeId[];
  const standing = new Set(paths.map((path) => placeOf(shape, path)?.element));
  expect(new Set(elementsOf(shape.body))).toEqual(standing);
});

it('the elements of a body are found in its branches, routes, loops and timeouts', () => {
  const body: Sequence = [
    {
      kind: 'branch',
      id: 'b',
      routes: [{ key: 'x', body: [step('routed')] }],
      otherwise: [{ kind: 'loop', id: 'l', body: [step('again')], maxIterations: 2, onMax: 'fail' }],
    },
    { kind: 'branch', id: 'c', routes: [] },
    { kind: 'fork', id: 'f', branches: [{ name: 'x', body: [child] }], join: { kind: 'map', id: 'f' } },
    signal('s', { onTimeout: [step('late')] }),
    signal('t'),
  ];
  const ids = elementsOf(body).map(({ id }) => id);
  expect(ids).toEqual(['b', 'routed', 'l', 'again', 'c', 'f', 'c', 's', 'late', 't']);
});

describe('what follows a timeout', () => {
  const late = signal('s', { timeoutMs: 1, onTimeout: [step('a'), step('b')] });
  const loop: ElementShape = {
    kind: 'loop',
    id: 'l',
    body: [late, step('d')],
    maxIterations: 2,
    onMax: 'fail',
  };
  const shape: Shape = {
    kind: 'workflow',
    name: 'w',
    body: [
      {
        kind: 'fork',
        id: 'f',
        branches: [
          { name: 'x', body: [loop, signal('e', { timeoutMs: 1, onTimeout: [] }), signal('p')] },
          { name: 'y', body: [child] },
        ],
        join: { kind: 'map', id: 'f' },
      },
    ],
  };
  const at = (path: string) => placeOf(shape, path as NodeId);

  it('stands below its signal', () => {
    expect(at('f/x/l/s/~/b')).toMatchObject({
      path: 'f/x/l/s/~/b',
      index: 1,
      element: { id: 'b' },
      owner: { kind: 'signal', shape: late, place: { path: 'f/x/l/s', element: late } },
    });
    expect(at('f/x/l/s/~/c')).toBeUndefined();
    expect(at('f/x/l/s/a')).toBeUndefined();
    expect(at('f/x/l/s/~')).toBeUndefined();
    expect(at('f/x/e/~/a')).toBeUndefined();
    expect(at('f/x/p/~/a')).toBeUndefined();
    expect(at('f/y/c/a')).toBeUndefined();
  });

  it('is in the branch and the loop that its signal is in, and ends no iteration', () => {
    const place = at('f/x/l/s/~/b');
    expect(place && [branchAround(place), loopAround(place), decides(place)]).toEqual([
      'f/x',
      'f/x/l',
      false,
    ]);
    const decider = at('f/x/l/d');
    expect(decider && decides(decider)).toBe(true);
  });
});

describe('the longest that a body can wait', () => {
  it.each<[string, Sequence, number]>([
    ['nothing', [step('a')], 0],
    ['delays in a row', [delay('d', 2), step('a'), delay('e', 3)], 5],
    ['a signal, for as long as its timeout', [signal('s', { timeoutMs: 7 })], 7],
    [
      'what follows its timeout comes after it',
      [signal('s', { timeoutMs: 7, onTimeout: [delay('d', 2)] }), delay('e', 1)],
      10,
    ],
    ['a signal without a timeout, for a year', [signal('s')], year],
    ['a child run, for a year', [child, delay('d', 1)], year + 1],
    [
      'what is repeated',
      [
        {
          kind: 'loop',
          id: 'l',
          body: [signal('s', { timeoutMs: 7 }), step('d')],
          maxIterations: 3,
          onMax: 'fail',
        },
      ],
      21,
    ],
    [
      'the longest of several branches',
      [
        {
          kind: 'fork',
          id: 'f',
          branches: [
            { name: 'x', body: [signal('s', { timeoutMs: 7 })] },
            { name: 'y', body: [delay('d', 8)] },
          ],
          join: { kind: 'map', id: 'f' },
        },
      ],
      8,
    ],
    [
      'the longest of several routes',
      [
        {
          kind: 'branch',
          id: 'b',
          routes: [{ key: 'x', body: [delay('d', 8)] }],
          otherwise: [delay('d', 9)],
        },
        { kind: 'branch', id: 'c', routes: [{ key: 'x', body: [delay('d', 8)] }] },
      ],
      17,
    ],
  ])('%s', (_, body, ms) => {
    expect(longestDelayMs(body)).toBe(ms);
  });
});
