import type { NodeId, RunId } from '../../lib/model/ids.ts';
import type { Control, ReadyNode, Run } from '../../lib/model/run.ts';
import type { EpochMs } from '../../lib/model/time.ts';
import type { Transition } from '../../lib/model/transition.ts';
import { awaitChild, notifyParent } from '../../lib/protocol/child.ts';
import { decideCancel, decideResume, park, requestPause } from '../../lib/protocol/control.ts';
import { attach, release } from '../../lib/protocol/dependency.ts';
import { leave } from '../../lib/protocol/leave.ts';
import { deliver, receiveSignal, timeOut } from '../../lib/protocol/signal.ts';
import { leasedNode, readyNode, sampleRun, start } from '../support/sample-run.ts';

const n = 'n' as NodeId;
const child = 'child' as RunId;
const parent = 'parent' as RunId;
const fence = { node: n, epoch: 1, nonce: leasedNode.lease.nonce };
const payload = { text: '1' };
const { status: _, ...opened } = readyNode;
const awaiting = { ...opened, status: 'waiting' } as const;

/** What those write who tell a run something, and those who ask something of it. */
export function waitingTransitions(): Transition[] {
  return [start, start + 3_600_000].flatMap((at) => [
    ...signals(at),
    ...children(at),
    ...dependencies(at),
    ...controls(at),
  ]);
}

const withNode = (at: EpochMs, node: Run['nodes'][NodeId], over: Partial<Run> = {}): Run =>
  sampleRun({ kind: 'workflow', at, epoch: 1, nodes: { [n]: node }, ...over });

function signals(at: EpochMs): Transition[] {
  const run = withNode(at, { ...awaiting, signal: { name: 's', until: start } });
  const kept = [{ name: 's', id: '1', payload }];
  const received = ['s', 'other'].map((name) => receiveSignal(run, { name, id: '2', payload }, start));
  return [
    ...received.flatMap((each) => (each.received === 'write' ? [each.transition] : [])),
    ...some(deliver({ ...run, signals: kept }, start)?.transition),
    timeOut(run, n, start),
  ];
}

function children(at: EpochMs): Transition[] {
  const end = { child, node: n, end: { status: 'succeeded', output: payload } } as const;
  const told = [awaiting, leasedNode].map((node) =>
    notifyParent(withNode(at, { ...node, child: { run: child } }), end, start),
  );
  return [
    awaitChild(withNode(at, { ...leasedNode, child: { run: child } }), fence),
    ...told.flatMap((each) => (each.notified ? [] : [each.transition])),
  ];
}

function dependencies(at: EpochMs): Transition[] {
  const run = withNode(at, readyNode as ReadyNode, { waitsFor: [parent], dependencies: { [parent]: {} } });
  const attached = attach(withNode(at, readyNode), run.run);
  const released = (['succeeded', 'failed'] as const).map((status) =>
    release(run, { run: parent, status }, { now: start, expires: 1 }),
  );
  return [
    ...(attached.attach === 'write' ? [attached.transition] : []),
    ...released.flatMap((each) => (each.released ? [] : [each.transition])),
    leave(withNode(at, readyNode, { phase: 'ending', ended: 'succeeded' }), 1),
  ];
}

function controls(at: EpochMs): Transition[] {
  const asked = (kind: Control['kind']) =>
    withNode(at, leasedNode, { control: { kind, mode: 'graceful', since: start } });
  const decided = [
    decideCancel(asked('pause'), { mode: 'abort' }, start),
    decideCancel(asked('cancel'), { mode: 'abort' }, start),
    decideResume(asked('pause'), {}, start),
  ];
  return [
    requestPause(asked('pause'), { mode: 'graceful' }, start),
    park(asked('pause'), start),
    ...decided.flatMap((each) => (each.decision === 'write' ? [each.transition] : [])),
  ];
}

const some = <T>(value: T | undefined): T[] => (value === undefined ? [] : [value]);
