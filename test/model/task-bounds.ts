import type { AllBounds } from './scenarios.ts';

/** Of single tasks: runs of one node. */
export const taskBounds: AllBounds = {
  crashes: {
    usual: { faults: { crashes: 2 } },
    large: { faults: { crashes: 3 }, attemptsMax: 3, looksMax: 2 },
  },
  duplicates: {
    usual: { faults: { crashes: 1, duplicates: 1 }, attemptsMax: 1 },
    large: { faults: { crashes: 2, duplicates: 2 }, messagesMax: 4, attemptsMax: 2 },
  },
  freezes: {
    usual: { faults: { freezes: 1 }, messagesMax: 1, attemptsMax: 1 },
    large: { faults: { freezes: 2 }, attemptsMax: 2 },
  },
  renewals: {
    usual: { faults: { renewals: 1 }, messagesMax: 1, looksMax: 1 },
    large: { faults: { renewals: 2 }, messagesMax: 2 },
  },
  'frozen renewals': {
    usual: { faults: { renewals: 1, freezes: 1 }, messagesMax: 1, attemptsMax: 1 },
    large: { faults: { renewals: 1, freezes: 1 }, attemptsMax: 2 },
  },
  'lost responses': {
    usual: { faults: { lostResponses: 1, yields: 1 }, messagesMax: 1, attemptsMax: 1 },
    large: { faults: { lostResponses: 2, yields: 1 }, messagesMax: 2, attemptsMax: 2 },
  },
  'late requests': {
    usual: { faults: { late: 1 }, messagesMax: 1, attemptsMax: 1 },
    large: { faults: { late: 1, yields: 1 }, attemptsMax: 2 },
  },
  cancel: {
    usual: { faults: { renewals: 1, crashes: 1 }, cancels: [0], messagesMax: 1, attemptsMax: 1 },
    large: { faults: { renewals: 1, crashes: 1 } },
  },
  'cancel and lost responses': {
    usual: { faults: { lostResponses: 1, yields: 1 }, cancels: [0], messagesMax: 1, attemptsMax: 1 },
    large: { faults: { lostResponses: 1, yields: 1 }, cancels: [0, 0], attemptsMax: 2 },
  },
  'two cancels': {
    usual: { faults: { crashes: 1 }, cancels: [0, 0], messagesMax: 1, attemptsMax: 1, looksMax: 0 },
    large: { faults: { crashes: 1, stale: 1 }, attemptsMax: 2 },
  },
  'stale reads': {
    usual: {
      faults: { stale: 1, freezes: 1, renewals: 1 },
      workers: 1,
      discoverers: 2,
      attemptsMax: 1,
      messagesMax: 1,
    },
    large: { faults: { stale: 1, freezes: 1, renewals: 1 }, messagesMax: 2, attemptsMax: 2 },
  },
  'long leases': {
    usual: { faults: { crashes: 1 }, leaseMinutes: 3, messagesMax: 1 },
    large: { faults: { crashes: 1, stale: 1, yields: 1 }, messagesMax: 2 },
  },
  'deep queue': { usual: { faults: { deep: 1, crashes: 1 }, looksMax: 3, messagesMax: 1 } },
  timers: {
    usual: {
      faults: { crashes: 1 },
      submissions: [{ run: 0, payload: 'a', delayMs: 1_200_000 }],
      backoffMs: 60_000,
    },
    large: { faults: { crashes: 2, stale: 1 } },
  },
  'waits for a slot': {
    usual: { faults: { yields: 1, crashes: 1 }, givesWay: 'slot', messagesMax: 1, attemptsMax: 1 },
    large: { faults: { yields: 2, crashes: 1, lostResponses: 1 }, cancels: [0], givesWay: 'slot' },
  },
  'waits for its time': {
    usual: { faults: { yields: 1, crashes: 1 }, givesWay: 'permit', messagesMax: 1, attemptsMax: 1 },
    large: { faults: { yields: 2, crashes: 1, lostResponses: 1 }, cancels: [0], givesWay: 'permit' },
  },
  'hop limit': {
    usual: { faults: { yields: 1, crashes: 1 }, hopLimit: 1, messagesMax: 1, attemptsMax: 1 },
    large: { attemptsMax: 2 },
  },
  'skewed clocks': {
    usual: { faults: { crashes: 1 }, skewsMs: [0, 4_000], backoffMs: 60_000, messagesMax: 1 },
    large: { faults: { freezes: 1 } },
  },
  'one key, three submissions': {
    usual: {
      faults: { lostResponses: 1 },
      submissions: [
        { run: 0, payload: 'a' },
        { run: 0, payload: 'a' },
        { run: 0, payload: 'b' },
      ],
      attemptsMax: 1,
      messagesMax: 1,
    },
  },
  'two runs': {
    isRare: true,
    usual: {
      faults: {},
      submissions: [
        { run: 0, payload: 'a' },
        { run: 1, payload: 'b' },
      ],
      attemptsMax: 1,
      looksMax: 0,
      messagesMax: 1,
    },
    large: { faults: { crashes: 1 }, looksMax: 1, messagesMax: 2 },
  },
  'another definition': {
    usual: { faults: { crashes: 1 }, foreignMessage: true, attemptsMax: 1 },
    large: { attemptsMax: 2 },
  },
  'newer version': {
    usual: {
      faults: { upgrades: 1, renewals: 1, yields: 1 },
      cancels: [0],
      messagesMax: 1,
      workers: 1,
      attemptsMax: 2,
      looksMax: 0,
    },
  },
};
