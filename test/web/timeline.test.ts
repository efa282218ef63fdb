import { describe, expect, it } from 'vitest';
import type { NodeView } from '../../lib/client/run-view.ts';
import type { Shape } from '../../lib/model/definition.ts';
import { inputOfNode } from '../../web/app/retry-input.ts';
import { ticksOf, timelineOf } from '../../web/app/timeline.ts';
import { activeRun, attemptView, failedRun, succeededRun } from '../api/fake-client.ts';

const at = (ms: number) => new Date(ms).toISOString();
const node = (over: Partial<NodeView>): NodeView => ({
  id: 'n',
  status: 'succeeded',
  attempt: 1,
  maxAttempts: 3,
  ...over,
});

describe('a timeline', () => {
  it('of a task has its queue, its work, and attempts before', () => {
    const run = succeededRun(1, {
      createdAt: at(0),
      readyAt: at(500),
      startedAt: at(700),
      endedAt: at(1_000),
      attempt: 2,
    });
    const first = { ...attemptView, startedAt: at(100), endedAt: at(300) };
    const last = {
      ...attemptView,
      attempt: 2,
      outcome: 'succeeded' as const,
      startedAt: at(700),
      endedAt: at(999),
    };
    expect(timelineOf(run, [first, last], 9_999)).toEqual({
      from: 0,
      to: 1_000,
      rows: [
        {
          id: 'task',
          status: 'succeeded',
          attempt: 2,
          workerId: 'w1',
          queuedMs: 200,
          bars: [
            { kind: 'tried', from: 100, to: 300, status: 'failed' },
            { kind: 'queued', from: 500, to: 700, status: 'succeeded' },
            { kind: 'work', from: 700, to: 1_000, status: 'succeeded' },
          ],
        },
      ],
    });
  });

  it('goes on with the clock where something is at work, waits or lies in the queue', () => {
    const nodes = [
      node({ id: 'a', status: 'running', readyAt: at(0), startedAt: at(100) }),
      node({ id: 'b', status: 'waiting', readyAt: at(200) }),
      node({ id: 'c', status: 'ready', readyAt: at(300) }),
      node({ id: 'd', status: 'ready', readyAt: at(9_000) }),
    ];
    const { rows, to } = timelineOf(activeRun({ kind: 'workflow', createdAt: at(0), nodes }), [], 1_000);
    expect(to).toBe(1_000);
    expect(rows.map(({ bars }) => bars.map(({ from, kind, to: end }) => `${kind} ${from}-${end}`))).toEqual([
      ['queued 0-100', 'work 100-1000'],
      ['wait 200-1000'],
      ['queued 300-1000'],
      [],
    ]);
  });

  it('takes what was waited for from outside for no time in the queue', () => {
    const nodes = [
      node({
        id: 'go',
        readyAt: at(0),
        startedAt: at(400),
        endedAt: at(410),
        signal: { name: 'go', id: 's' },
      }),
      node({ id: 'kid', readyAt: at(410), startedAt: at(600), endedAt: at(610), child: { id: 'r2' } }),
    ];
    const { rows } = timelineOf(activeRun({ kind: 'workflow', createdAt: at(0), nodes }), [], 1_000);
    expect(rows.map(({ bars }) => bars.map(({ from, kind, to: end }) => `${kind} ${from}-${end}`))).toEqual([
      ['wait 0-400', 'work 400-410'],
      ['wait 410-600', 'work 600-610'],
    ]);
    expect(rows.map(({ queuedMs }) => queuedMs)).toEqual([undefined, undefined]);
  });

  it('has no more ticks than there is room for', () => {
    expect(ticksOf(1_000, 5)).toEqual([0, 200, 400, 600, 800, 1_000]);
    expect(ticksOf(90_000, 4)).toEqual([0, 30_000, 60_000, 90_000]);
    for (const length of [1, 777, 3_600_000, 400 * 86_400_000])
      expect(ticksOf(length, 6).length).toBeLessThanOrEqual(7);
  });
});

describe('what went into the node that failed', () => {
  const step = (id: string) => ({ kind: 'step' as const, id, task: id });
  const shape: Shape = {
    kind: 'workflow',
    name: 'order',
    body: [
      step('a'),
      {
        kind: 'fork',
        id: 'both',
        branches: [
          { name: 'x', body: [step('b')] },
          { name: 'y', body: [step('c')] },
        ],
        join: { kind: 'map', id: 'both' },
      },
      { kind: 'branch', id: 'way', routes: [{ key: 'left', body: [step('d')] }] },
    ],
  };
  const failedAt = (id: string, ...before: NodeView[]) =>
    failedRun({ kind: 'workflow', input: 'first', nodes: [...before, node({ id, status: 'failed' })] });

  it('is the input of a task and of a first step, else the output of the one before', () => {
    expect(inputOfNode(failedRun({ input: 7 }), undefined)).toBe(7);
    expect(inputOfNode(failedAt('a'), shape)).toBe('first');
    expect(inputOfNode(failedAt('both/x/b', node({ id: 'a', output: 'of a' })), shape)).toBe('of a');
    const way = node({ id: 'way', decision: 'left' });
    const edited = failedRun({
      kind: 'workflow',
      input: 'first',
      nodes: [node({ id: 'a', output: 'of a' }), node({ id: 'both/x/b', status: 'failed', input: 'mine' })],
    });
    expect(inputOfNode(edited, shape)).toBe('mine');
    expect(inputOfNode(failedAt('way/left/d', node({ id: 'both', output: 0 }), way), shape)).toBe(0);
  });

  it('is not known where several came before, or where the one before shows nothing', () => {
    const branches = [node({ id: 'both/x/b', output: 1 }), node({ id: 'both/y/c', output: 2 })];
    expect(inputOfNode(failedAt('both', ...branches), shape)).toBe(undefined);
    expect(inputOfNode(failedAt('both/x/b', node({ id: 'a', outputBytes: 20_000 })), shape)).toBe(undefined);
    expect(inputOfNode(failedAt('a'), undefined)).toBe(undefined);
  });
});
