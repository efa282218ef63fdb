import * as shapes from '../support/workflow-shapes.ts';
import type { AllBounds } from './scenarios.ts';

/** Of nodes that come one after the other: chains, delays, routes, loops. */
const line = { messagesMax: 1, looksMax: 0, attemptsMax: 1, inline: 'always' } as const;

export const sequenceBounds: AllBounds = {
  'chain: crashes': {
    usual: { ...line, shape: shapes.chain, faults: { crashes: 1 } },
    large: { inline: 'either', faults: { crashes: 2 }, messagesMax: 2, attemptsMax: 2 },
  },
  'chain: late requests': {
    usual: { ...line, shape: shapes.chain, faults: { crashes: 1, late: 1 } },
    large: { faults: { crashes: 1, late: 1 }, attemptsMax: 2 },
  },
  'chain: lost responses': {
    usual: { ...line, shape: shapes.chain, inline: 'either', faults: { lostResponses: 2, crashes: 1 } },
  },
  'chain: frozen renewals': {
    usual: { ...line, shape: shapes.chain, faults: { renewals: 1, freezes: 1 } },
    large: { inline: 'either', attemptsMax: 2 },
  },
  'chain: cancel': {
    usual: { ...line, shape: shapes.chain, faults: { crashes: 1, lostResponses: 1 }, cancels: [0] },
  },
  'chain: hop limit': {
    usual: { ...line, shape: shapes.chain, inline: 'either', hopLimit: 2, faults: { yields: 1, crashes: 1 } },
    large: { attemptsMax: 2 },
  },
  'chain: other workers': {
    usual: { ...line, shape: shapes.chain, elsewhere: ['b'], faults: { crashes: 1 }, leaseMinutes: 3 },
  },
  'chain: newer version': {
    usual: { ...line, shape: shapes.chain, workers: 1, faults: { upgrades: 1, yields: 1 }, cancels: [0] },
  },
  'chain: history': {
    usual: { ...line, shape: shapes.longChain, outputChars: 400, faults: { late: 1 } },
    large: { faults: { crashes: 1, late: 1 }, attemptsMax: 2 },
  },
  delay: {
    usual: { ...line, shape: shapes.pause, inline: 'either', faults: { crashes: 1, lostResponses: 1 } },
    large: { messagesMax: 2, faults: { crashes: 1, duplicates: 1 } },
  },
  'long delay': {
    usual: { ...line, shape: shapes.longPause, faults: { crashes: 1, stale: 1 }, cancels: [0] },
  },
  routes: {
    usual: { ...line, shape: shapes.routes, inline: 'either', faults: { lostResponses: 1 } },
    large: { faults: { crashes: 1, lostResponses: 1 } },
  },
  loop: {
    usual: { ...line, shape: shapes.looped, inline: 'either', faults: { lostResponses: 1 } },
    large: { attemptsMax: 2, faults: { crashes: 1, lostResponses: 1 } },
  },
  'loop: late yield': {
    isRare: true,
    usual: { ...line, shape: shapes.loopAlone, workers: 1, faults: { late: 1, yields: 1 } },
  },
  'loop: late renewal': {
    usual: { ...line, shape: shapes.loopAlone, workers: 1, faults: { late: 1, renewals: 1 } },
  },
  'loop: late requests': {
    usual: { ...line, shape: shapes.longLoop, workers: 1, faults: { late: 1 } },
    large: { workers: 2, inline: 'either', faults: { crashes: 1, late: 1 } },
  },
};

/** Of nodes side by side. */
export const forkBounds: AllBounds = {
  'fork: crashes': {
    usual: { ...line, shape: shapes.forked, faults: { crashes: 1 } },
    large: { inline: 'either', attemptsMax: 2 },
  },
  'fork: renewals': {
    usual: { ...line, shape: shapes.forked, faults: { crashes: 1, renewals: 1 } },
  },
  'fork: lost responses': {
    usual: { ...line, shape: shapes.forked, inline: 'either', faults: { lostResponses: 1, crashes: 1 } },
  },
  'fork: late requests': {
    usual: { ...line, shape: shapes.forked, faults: { late: 1 } },
    large: { inline: 'either', faults: { late: 1, crashes: 1 } },
  },
  'fork: freezes': {
    usual: { ...line, shape: shapes.forked, faults: { freezes: 1 } },
    large: { attemptsMax: 2 },
  },
  'fork: duplicates': {
    isRare: true,
    usual: { ...line, shape: shapes.forked, faults: { duplicates: 1 }, messagesMax: 2 },
    large: { looksMax: 1 },
  },
  'fork: cancel': {
    usual: { ...line, shape: shapes.forked, faults: {}, cancels: [0] },
    large: { faults: { crashes: 1 }, attemptsMax: 2 },
  },
  'fork: cancel and lost responses': {
    isRare: true,
    usual: { ...line, shape: shapes.forked, faults: { lostResponses: 1 }, cancels: [0] },
  },
  'fork: stale reads': {
    usual: { ...line, shape: shapes.forked, faults: { stale: 1, crashes: 1 } },
    large: { discoverers: 2 },
  },
  'fork: deep queue': {
    usual: { ...line, shape: shapes.forked, inline: 'never', faults: { deep: 1, crashes: 1 } },
    large: { looksMax: 2 },
  },
  'fork: newer version': {
    usual: { ...line, shape: shapes.forked, faults: { upgrades: 1 } },
  },
  'fork: yields': {
    usual: { ...line, shape: shapes.forked, faults: { yields: 1 } },
    large: { attemptsMax: 2 },
  },
  'fork: hop limit': {
    usual: { ...line, shape: shapes.forkedBetween, inline: 'either', hopLimit: 1, faults: {} },
    large: { faults: { yields: 1 } },
  },
  'long branch: history': {
    usual: { ...line, shape: shapes.longBranch, outputChars: 800, faults: { lostResponses: 1 } },
    large: { faults: { late: 1 } },
  },
  'long branch: cancel': {
    isRare: true,
    usual: { ...line, shape: shapes.longBranch, faults: {}, cancels: [0] },
    large: { faults: { lostResponses: 1 } },
  },
  'long branch: newer version': {
    usual: { ...line, shape: shapes.longBranch, workers: 1, faults: { upgrades: 1 } },
  },
  'loop in a branch: late requests': {
    isRare: true,
    usual: { ...line, shape: shapes.loopInBranch, workers: 1, faults: { late: 1 } },
    large: { workers: 2 },
  },
  'loop in a branch: freezes': {
    usual: { ...line, shape: shapes.loopInBranch, workers: 1, attemptsMax: 2, faults: { freezes: 1 } },
    isRare: true,
  },
  'fork in fork': {
    usual: { ...line, shape: shapes.forkInFork, faults: {} },
    large: { faults: { crashes: 1 } },
  },
  'fork of a loop and a route': {
    usual: { ...line, shape: shapes.mixedFork, workers: 1, faults: {} },
    large: { workers: 2, faults: { lostResponses: 1 } },
  },
  'fork in a loop': {
    usual: { ...line, shape: shapes.forkInLoop, faults: {} },
    large: { faults: { lostResponses: 1, crashes: 1 } },
  },
  'fork in a loop, then its decision': {
    isRare: true,
    usual: { ...line, shape: shapes.forkThenDecision, faults: {} },
    large: { faults: { late: 1 } },
  },
};
