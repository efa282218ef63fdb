import type { Shape } from '../../lib/model/definition.ts';
import type { CancelMode } from '../../lib/model/run.ts';
import { taskShape } from '../support/task-shape.ts';
import * as shapes from '../support/workflow-shapes.ts';
import type { Submitted } from './scenario.ts';
import type { AllBounds } from './scenarios.ts';
import type { Request } from './state.ts';

/** The shape of its first element alone. */
const firstOf = (shape: Shape): Shape => ({ ...shape, body: shape.body.slice(0, 1) });
const oneSignal = firstOf(shapes.awaitingOrNot);
const oneChild = firstOf(shapes.parent);
/** A fork of its first branch alone. */
const oneBranch: Shape = {
  ...shapes.awaitingLaterInBranch,
  body: shapes.awaitingLaterInBranch.body.map((each) =>
    each.kind === 'fork' ? { ...each, branches: each.branches.slice(0, 1) } : each,
  ),
};
/** Its loop of a child alone. */
const childAgain: Shape = {
  ...shapes.childInLoop,
  body: shapes.childInLoop.body.map((each) =>
    each.kind === 'loop' ? { ...each, body: each.body.slice(0, 1) } : each,
  ),
};

const line = { messagesMax: 1, looksMax: 0, attemptsMax: 1, inline: 'always', workers: 1 } as const;
const signal = (id: string, run = 0): Request => ({ ask: 'signal', run, signal: 's', id });
const cancel = (mode: CancelMode): Request => ({ ask: 'cancel', run: 0, mode });
const pause = (run = 0): Request => ({ ask: 'pause', run, mode: 'graceful' });
const resume = (run = 0): Request => ({ ask: 'resume', run });

/** Of nodes that wait for signals. */
const signals = { ...line, shape: oneSignal, requests: [signal('1')] } as const;

export const signalBounds: AllBounds = {
  'signal: crashes': {
    usual: { ...signals, shape: shapes.awaiting, workers: 2, faults: { crashes: 1 } },
    large: { faults: { crashes: 2 }, attemptsMax: 2 },
  },
  'signal: lost responses': {
    usual: { ...signals, faults: { lostResponses: 1 } },
    large: { shape: shapes.awaitingOrElse, workers: 2, faults: { lostResponses: 1, crashes: 1 } },
  },
  'signal: late requests': {
    usual: { ...signals, faults: { late: 1 } },
    large: { shape: shapes.awaitingOrNot, workers: 2 },
  },
  'signal: repeated': {
    usual: { ...signals, requests: [signal('1'), signal('1')], faults: {} },
    large: { faults: { lostResponses: 1, crashes: 1 } },
  },
  'signal: two for two': {
    isRare: true,
    usual: { ...signals, shape: shapes.awaitingTwice, requests: [signal('1'), signal('2')], faults: {} },
    large: { workers: 2 },
  },
  'signal: needed': {
    usual: {
      ...signals,
      shape: shapes.awaitingForEver,
      needsPeople: true,
      faults: { crashes: 1, lostResponses: 1 },
    },
    large: { workers: 2 },
  },
  'signal: in a branch': {
    isRare: true,
    usual: { ...signals, shape: shapes.awaitingLaterInBranch, faults: {} },
    large: { workers: 2, faults: { crashes: 1 } },
  },
  'signal: in one branch': { usual: { ...signals, shape: oneBranch, faults: {} } },
  'signal: in a branch, crashes': {
    usual: { ...signals, shape: shapes.awaitingInBranch, faults: { crashes: 1 } },
    large: { workers: 2, faults: { lostResponses: 1 } },
  },
  'signal: in a loop': {
    usual: { ...signals, shape: shapes.awaitingInLoop, faults: {} },
    large: { requests: [signal('1'), signal('2')] },
  },
  'signal: pause': {
    isRare: true,
    usual: { ...signals, requests: [signal('1'), pause(), resume()], faults: {} },
    large: { shape: shapes.awaitingOrNot, faults: { crashes: 1 } },
  },
  'signal: cancel': {
    usual: { ...signals, cancels: [0], faults: { crashes: 1 } },
    large: { shape: shapes.awaitingOrNot, workers: 2 },
  },
  'signal: in a branch, freezes': {
    isRare: true,
    usual: { ...signals, shape: shapes.awaitingLaterInBranch, faults: { freezes: 1 } },
  },
  'signal: in a branch, newer version': {
    isRare: true,
    usual: { ...signals, shape: shapes.awaitingLaterInBranch, faults: { upgrades: 1 } },
  },
  'signal: newer version': { usual: { ...signals, faults: { upgrades: 1 } } },
};

/** Of what people ask of a run that goes on. */
const stopped = { ...line, requests: [pause(), resume()] } as const;

export const peopleBounds: AllBounds = {
  'pause: crashes': {
    usual: { ...stopped, faults: { crashes: 1 } },
    large: { workers: 2, attemptsMax: 2 },
  },
  'pause: lost responses': {
    usual: { ...stopped, faults: { lostResponses: 1 } },
    large: { workers: 2, attemptsMax: 2, faults: { lostResponses: 1, yields: 1 } },
  },
  'pause: renewals': {
    usual: { ...stopped, faults: { renewals: 1 } },
    large: { workers: 2, faults: { renewals: 1, freezes: 1 } },
  },
  'pause: twice': {
    usual: { ...stopped, requests: [pause(), pause(), resume()], faults: {} },
    large: { requests: [pause(), resume(), pause(), resume()], workers: 2 },
  },
  'pause: chain': {
    usual: { ...stopped, shape: shapes.chain, faults: { crashes: 1 } },
    large: { workers: 2, faults: { late: 1 } },
  },
  'pause: fork': {
    usual: { ...stopped, shape: shapes.forked, faults: {} },
    large: { workers: 2, faults: { crashes: 1 } },
  },
  'pause: long branch': {
    isRare: true,
    usual: { ...stopped, shape: shapes.longBranch, faults: {} },
  },
  'pause: delay': {
    usual: { ...stopped, shape: shapes.pause, faults: {} },
    large: { faults: { crashes: 1 } },
  },
  'pause: cancel': {
    usual: { ...stopped, cancels: [0], faults: {} },
    large: { workers: 2, faults: { crashes: 1 } },
  },
  'pause: yields': { isRare: true, usual: { ...stopped, attemptsMax: 2, faults: { yields: 1 } } },
  'pause: newer version': { isRare: true, usual: { ...stopped, cancels: [0], faults: { upgrades: 1 } } },
  'cancel: raised': {
    usual: { ...line, requests: [cancel('graceful'), cancel('abort')], faults: { renewals: 1 } },
    large: { workers: 2, faults: { crashes: 1, renewals: 1 } },
  },
  'cancel: raised, newer version': {
    usual: { ...line, requests: [cancel('graceful'), cancel('abort')], faults: { upgrades: 1 } },
  },
  retry: {
    usual: {
      ...line,
      shape: shapes.chain,
      requests: [{ ask: 'retry', run: 0 }],
      faults: { lostResponses: 1 },
    },
    large: { workers: 2, attemptsMax: 2, faults: { crashes: 1 } },
  },
};

/** Of runs that nodes start. */
const children = { ...line, shape: oneChild, others: [taskShape] } as const;

export const childBounds: AllBounds = {
  'child: crashes': {
    usual: { ...children, faults: { crashes: 1 } },
    large: { shape: shapes.parent, workers: 2, attemptsMax: 2 },
  },
  'child: two workers': { usual: { ...children, workers: 2, faults: {} } },
  'child: lost responses': {
    usual: { ...children, faults: { lostResponses: 1 } },
    large: { workers: 2, shape: shapes.parent },
  },
  'child: late requests': {
    isRare: true,
    usual: { ...children, faults: { late: 1 } },
    large: { shape: shapes.parent },
  },
  'child: cancel': {
    usual: { ...children, cancels: [0], faults: {} },
    large: { shape: shapes.parent, faults: { crashes: 1 } },
  },
  'child: freezes': {
    usual: { ...children, faults: { freezes: 1 } },
    large: { workers: 2 },
  },
  'child: freezes and cancel': {
    isRare: true,
    usual: { ...children, cancels: [0], faults: { freezes: 1 } },
  },
  'child: of a child': {
    isRare: true,
    usual: { ...children, others: [oneChild, taskShape], cancels: [0], faults: {} },
  },
  'child: newer version': { usual: { ...children, faults: { upgrades: 1 } } },
  'child: retry': {
    isRare: true,
    usual: {
      ...children,
      others: [taskShape, taskShape],
      requests: [{ ask: 'retry', run: 0 }],
      faults: {},
    },
  },
  'child: pause': {
    isRare: true,
    usual: { ...children, requests: [pause(), resume()], faults: {} },
    large: { faults: { crashes: 1 } },
  },
  'child: in a branch': {
    usual: { ...children, shape: shapes.childInBranch, faults: {} },
    large: { workers: 2, faults: { crashes: 1 } },
  },
  'child: in a loop': {
    usual: { ...children, shape: shapes.childInLoop, others: [taskShape, taskShape], faults: {} },
    large: { faults: { crashes: 1 } },
  },
  'child: in a loop, late requests': {
    isRare: true,
    usual: { ...children, shape: childAgain, others: [taskShape, taskShape], faults: { late: 1 } },
  },
};

/** Runs that depend on each other, by their places. */
const dependent = (...runs: readonly (readonly number[])[]): readonly Submitted[] =>
  runs.map((dependsOn, run) => ({ run, payload: 'a', ...(dependsOn.length > 0 && { dependsOn }) }));
const pair = { ...line, submissions: dependent([], [0]) } as const;

export const dependencyBounds: AllBounds = {
  'depends: crashes': { usual: { ...pair, faults: { crashes: 1 } }, large: { workers: 2 } },
  'depends: lost responses': { usual: { ...pair, faults: { lostResponses: 1 } }, large: { workers: 2 } },
  'depends: late requests': { isRare: true, usual: { ...pair, faults: { late: 1 } } },
  'depends: skip': {
    usual: {
      ...line,
      submissions: [
        { run: 0, payload: 'a' },
        { run: 1, payload: 'a', dependsOn: [0], skips: true },
      ],
      faults: {},
    },
    large: { cancels: [0], faults: { crashes: 1 } },
  },
  'depends: chain of three': {
    isRare: true,
    usual: { ...line, submissions: dependent([], [0], [1]), faults: {} },
    large: { faults: { crashes: 1 } },
  },
  'depends: on two': {
    isRare: true,
    usual: { ...line, submissions: dependent([], [], [0, 1]), discoverers: 1, faults: {} },
    large: { faults: { crashes: 1 } },
  },
  'depends: cancel': {
    usual: { ...pair, cancels: [1], faults: {} },
    large: { cancels: [1], faults: { crashes: 1 } },
  },
  'depends: pause': {
    isRare: true,
    usual: { ...pair, requests: [pause(1), resume(1)], faults: {} },
    large: { faults: { crashes: 1 } },
  },
  'depends: newer version': { usual: { ...pair, faults: { upgrades: 1 } } },
  'depends: signal': {
    usual: { ...pair, others: [oneSignal], requests: [signal('1', 1)], faults: {} },
    large: { faults: { crashes: 1 } },
  },
};
