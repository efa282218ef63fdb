import { expect, it } from 'vitest';
import type { NodeId, RunId } from '../../../lib/model/ids.ts';
import { finaliseCancel } from '../../../lib/protocol/cancel.ts';
import { notifyParent } from '../../../lib/protocol/child.ts';
import { requestCancel } from '../../../lib/protocol/control.ts';
import { release } from '../../../lib/protocol/dependency.ts';
import { Play } from '../../support/play.ts';
import * as shapes from '../../support/workflow-shapes.ts';

const graceful = { mode: 'graceful' } as const;
const p = 'p' as RunId;

it('a run that is being cancelled is not failed by what it depends on: it ends as was promised', () => {
  const play = new Play(shapes.chain, {}, { waitsFor: [p], dependencies: { [p]: {} } });
  play.write(requestCancel(play.run, graceful, play.now));
  const end = { run: p, status: 'failed' } as const;
  expect(release(play.run, end, { now: play.now, expires: 9 })).toEqual({ released: true });
  play.write(finaliseCancel(play.run, play.now, 9));
  expect(play.run.phase).toBe('cancelled');
  expect(play.run).not.toHaveProperty('failure');
});

it('a run that is being cancelled is looked at as soon as its last child has ended, never begun or not', () => {
  const play = new Play(shapes.parent);
  play.write(requestCancel(play.run, graceful, play.now));
  expect(play.look()).toMatchObject({ relations: 'endChildren' });
  expect(play.run.at).toBeGreaterThan(play.now);
  const c = 'c' as NodeId;
  const child = play.node('c')?.child?.run as RunId;
  const told = notifyParent(play.run, { node: c, child, end: { status: 'cancelled' } }, play.now);
  if (told.notified) throw new Error('the parent knew');
  play.write(told.transition);
  expect(told.dispatches).toEqual([]);
  expect(play.run.at).toBe(play.now);
});
