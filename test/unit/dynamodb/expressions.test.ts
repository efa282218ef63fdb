import { describe, expect, test } from 'vitest';
import { toExpressions } from '../../../lib/dynamodb/expressions.ts';
import { shardOf } from '../../../lib/dynamodb/keys.ts';
import type { NodeId, Nonce } from '../../../lib/model/ids.ts';
import type { RunKey } from '../../../lib/model/run.ts';
import type { Guard, Transition, Update } from '../../../lib/model/transition.ts';
import { claim } from '../../../lib/protocol/claim.ts';
import { commit } from '../../../lib/protocol/commit.ts';
import { inNode, leasedNode, sampleRun, start } from '../../support/sample-run.ts';
import { taskCommit } from '../../support/task-shape.ts';

const run = sampleRun();
const key: RunKey = { tenant: run.tenant, run: run.run };
const transition = (guards: Omit<Guard, 'guard'>[], updates: Update[]): Transition => ({
  name: 'test',
  key,
  guards: guards.map((each) => ({ ...each, guard: 'test' }) as Guard),
  updates,
});

describe('a transition as expressions', () => {
  test('the whole of one', () => {
    const made = toExpressions(
      transition(
        [
          { is: '=', path: ['phase'], value: 'active' } as never,
          { is: '<', path: inNode('attempt'), than: inNode('attemptsMax') } as never,
          { is: 'absent', path: ['control'] },
        ],
        [
          { set: ['epoch'], from: ['epoch'], by: 1 },
          { set: inNode('epoch'), from: ['epoch'], by: 1 },
          { remove: inNode('lease') },
          { set: ['phase'], value: 'failed' },
        ],
      ),
    );
    expect(made).toEqual({
      ConditionExpression:
        'attribute_exists(#0) AND #1 = :0 AND #2.#3.#4 < #2.#3.#5 AND attribute_not_exists(#6)',
      UpdateExpression: 'SET #7 = #7 + :1, #2.#3.#7 = #7 + :2, #1 = :3, #9 = :4 REMOVE #2.#3.#8',
      ExpressionAttributeNames: {
        '#0': 'pk',
        '#1': 's',
        '#2': 'g',
        '#3': 'task',
        '#4': 'a',
        '#5': 'm',
        '#6': 'c',
        '#7': 'e',
        '#8': 'l',
        '#9': 'statePk',
      },
      ExpressionAttributeValues: {
        ':0': 'active',
        ':1': 1,
        ':2': 1,
        ':3': 'failed',
        ':4': `failed#${shardOf(key)}`,
      },
    });
  });

  test('sets are asked and changed as DynamoDB has them', () => {
    const made = toExpressions(
      transition(
        [
          { is: 'contains', path: ['waitsFor'], value: 'a' } as never,
          { is: 'lacks', path: ['dependents'], value: 'b' } as never,
          { is: 'fewer', path: ['dependents'], value: 256 } as never,
        ],
        [
          { drop: ['waitsFor'], members: ['a'] },
          { add: ['dependents'], members: ['b', 'c'] },
          { set: ['at'], value: 5 },
          { remove: ['control'] },
        ],
      ),
    );
    expect(made).toEqual({
      ConditionExpression:
        'attribute_exists(#0) AND contains(#1, :0) AND NOT contains(#2, :1) AND (attribute_not_exists(#2) OR size(#2) < :2)',
      UpdateExpression: 'SET #3 = :5 REMOVE #4 ADD #2 :4 DELETE #1 :3',
      ExpressionAttributeNames: { '#0': 'pk', '#1': 'W', '#2': 'D', '#3': 'stateAt', '#4': 'c' },
      ExpressionAttributeValues: {
        ':0': 'a',
        ':1': 'b',
        ':2': 256,
        ':3': new Set(['a']),
        ':4': new Set(['b', 'c']),
        ':5': 5,
      },
    });
  });

  test('nobody to add or to take out leaves no trace: an alias that is not used would be refused', () => {
    const none: Update[] = [
      { add: ['dependents'], members: [] },
      { drop: ['waitsFor'], members: [] },
    ];
    expect(toExpressions(transition([], none))).toEqual(toExpressions(transition([], [])));
  });

  test('a phase takes its place in the index along, where ending runs stand with the active ones', () => {
    const placed = (phase: string) => {
      const { ExpressionAttributeValues } = toExpressions(transition([], [{ set: ['phase'], value: phase }]));
      return Object.values(ExpressionAttributeValues ?? {});
    };
    expect(placed('paused')).toEqual(['paused', `paused#${shardOf(key)}`]);
    expect(placed('active')).toEqual(['active', `active#${shardOf(key)}`]);
    expect(placed('ending')).toEqual(['ending', `active#${shardOf(key)}`]);
  });

  test('without values or updates the empty parts are left out', () => {
    expect(toExpressions(transition([], []))).toEqual({
      ConditionExpression: 'attribute_exists(#0)',
      ExpressionAttributeNames: { '#0': 'pk' },
    });
  });

  test('nothing from outside ever stands in an expression', () => {
    const hostile = 'x = :0 OR attribute_exists(pk)' as NodeId;
    const nonce = ':1) OR (#0 <> :1' as Nonce;
    const command = { key, node: hostile, hash: run.hash, nonce, worker: '#0, #1', leaseUntil: start };
    const fence = { node: hostile, epoch: 1, nonce };
    const failure = { type: '#0', message: ':0', attempt: 1 };
    const leased = { ...run, nodes: { [hostile]: leasedNode } };
    for (const each of [
      claim(command, start),
      commit(leased, fence, { status: 'failed', failure }, taskCommit(start, start)).transition,
      transition(
        [{ is: 'contains', path: ['waitsFor'], value: hostile } as never],
        [{ add: ['dependents'], members: [hostile, '#0'] }],
      ),
    ]) {
      const made = toExpressions(each);
      for (const text of [made.ConditionExpression, made.UpdateExpression ?? '']) {
        const words = text.match(/[^\s,.()]+/g) ?? [];
        const allowed =
          /^(#\d+|:\d+|=|<|<=|>|\+|AND|OR|NOT|SET|REMOVE|ADD|DELETE|contains|size|attribute_exists|attribute_not_exists)$/;
        expect(words.filter((word) => !allowed.test(word))).toEqual([]);
        expect(text.length).toBeLessThan(4_096);
      }
    }
  });

  test.each([[['nowhere']], [['nodes', 'task', 'constructor']], [['rev', 'more']], [['__proto__']]])(
    'the path %j, which no run has, is a mistake that shows at once',
    (path) => {
      expect(() => toExpressions(transition([{ is: 'present', path }], []))).toThrowError(/attribute/);
      expect(() => toExpressions(transition([], [{ set: path, value: 1 }]))).toThrowError(/attribute/);
    },
  );

  test.each([
    [{ is: 'contains', path: ['tags'], value: 'a' }],
    [{ is: 'lacks', path: ['signalIds'], value: 'a' }],
    [{ is: 'fewer', path: ['name'], value: 1 }],
  ])('so is %j: it is no set', (condition) => {
    expect(() => toExpressions(transition([condition as never], []))).toThrowError(/is no set/);
  });

  test.each<[Update]>([[{ add: ['tags'], members: ['a'] }], [{ drop: ['rev'], members: ['1'] }]])(
    'so is %j',
    (update) => {
      expect(() => toExpressions(transition([], [update]))).toThrowError(/is no set/);
    },
  );

  test('so is an object where a run holds none', () => {
    const update = { set: ['rev'], value: { a: 1 } };
    expect(() => toExpressions(transition([], [update]))).toThrowError(/holds no object/);
  });
});
