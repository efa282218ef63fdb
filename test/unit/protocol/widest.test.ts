import { expect, it } from 'vitest';
import { toExpressions } from '../../../lib/dynamodb/expressions.ts';
import type { ElementShape } from '../../../lib/model/definition.ts';
import type { RunId } from '../../../lib/model/ids.ts';
import type { Transition } from '../../../lib/model/transition.ts';
import { finaliseCancel } from '../../../lib/protocol/cancel.ts';
import { park, requestCancel, requestPause } from '../../../lib/protocol/control.ts';
import { release } from '../../../lib/protocol/dependency.ts';
import { deliver } from '../../../lib/protocol/signal.ts';
import { Play } from '../../support/play.ts';

/** Nodes side by side, at most: see the limits of workflows. */
const widest = 64;
/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-expression-parameters */
const expressionCharsMax = 4_096;

const step: ElementShape = { kind: 'step', id: 's', task: 't' };
const signal: ElementShape = { kind: 'signal', id: 's', signal: 's', timeoutMs: 60_000 };

/** A run that begins with as many nodes side by side as there may be. */
function wide(element: ElementShape, waitsFor: readonly string[] = []): Play {
  const branches = Array.from({ length: widest }, (_, index) => ({ name: `b${index}`, body: [element] }));
  const fork: ElementShape = { kind: 'fork', id: 'f', branches, join: { kind: 'map', id: 'f' } };
  const edges = { waitsFor: waitsFor as RunId[], dependencies: { ['p' as RunId]: {} } };
  return new Play({ kind: 'workflow', name: 'w', body: [fork] }, {}, waitsFor.length > 0 ? edges : {});
}

/** All of its nodes are leased, and their holders have fallen silent. */
function abandoned(ask: typeof requestCancel): Play {
  const play = wide(step);
  for (let index = 0; index < widest; index += 1) play.claim(`f/b${index}/s`);
  play.write(ask(play.run, { mode: 'graceful' }, play.now));
  play.now += 65_001;
  return play;
}

function released(element: ElementShape, status: 'succeeded' | 'failed'): Transition {
  const { now, run } = wide(element, ['p']);
  const told = release(run, { run: 'p' as RunId, status }, { now, expires: 1 });
  if (told.released) throw new Error('the run must wait');
  return told.transition;
}

function delivered(): Transition {
  const { now, run } = wide(signal);
  const payload = { text: '1' };
  const signals = Array.from({ length: widest }, (_, index) => ({ name: 's', id: `id-${index}`, payload }));
  const handed = deliver({ ...run, signals }, now);
  if (!handed) throw new Error('the signals must be handed over');
  return handed.transition;
}

it.each<[string, () => Transition]>([
  ['the end of a cancelled run', () => finaliseCancel(abandoned(requestCancel).run, 1, 1)],
  ['the parking of a paused run', () => park(abandoned(requestPause).run, 1)],
  ['the end of a run that cannot begin', () => released(step, 'failed')],
  ['the release of a run that waits for as many signals', () => released(signal, 'succeeded')],
  ['the delivery of as many signals', delivered],
])('%s fits into an expression, however wide the run is', (_, write) => {
  const { ConditionExpression, UpdateExpression = '' } = toExpressions(write());
  expect(UpdateExpression.length).toBeLessThanOrEqual(expressionCharsMax);
  expect(ConditionExpression.length).toBeLessThanOrEqual(expressionCharsMax);
});
