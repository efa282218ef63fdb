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
    ]) {
      const made = toExpressions(each);
      for (const text of [made.ConditionExpression, made.UpdateExpression ?? '']) {
        const words = text.match(/[^\s,.()]+/g) ?? [];
        const allowed = /^(#\d+|:\d+|=|<|<=|>|\+|AND|SET|REMOVE|attribute_exists|attribute_not_exists)$/;
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

  test('so is an object where a run holds none', () => {
    const update = { set: ['rev'], value: { a: 1 } };
    expect(() => toExpressions(transition([], [update]))).toThrowError(/holds no object/);
  });
});
