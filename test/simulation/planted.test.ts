import '../../lib/testing/simulation/still-usage.ts';
import { describe, expect, it } from 'vitest';
import type { Transition } from '../../lib/model/transition.ts';
import { shrink } from '../../lib/testing/simulation/shrink.ts';
import { simulate } from '../../lib/testing/simulation/simulate.ts';
import { simulatedGuards } from '../model/mutants.ts';

type Tamper = (transition: Transition) => Transition;

/** Histories played before a planted bug counts as unnoticed. */
const seedsMax = 300;

const without =
  (...names: readonly string[]): Tamper =>
  (transition) => ({
    ...transition,
    guards: transition.guards.filter(({ guard }) => !names.includes(guard)),
  });

/** Leaves out what sets a path. */
const dropping =
  (isLeftOut: (path: readonly string[]) => boolean): Tamper =>
  (transition) => ({
    ...transition,
    updates: transition.updates.filter((update) => !('set' in update && isLeftOut(update.set))),
  });

/** Only of writes of that name. */
const of =
  (name: string, tamper: Tamper): Tamper =>
  (transition) =>
    transition.name === name ? tamper(transition) : transition;

const setTo = (transition: Transition, name: string): unknown => {
  const found = transition.updates.find((update) => 'value' in update && update.set[0] === name);
  return found && 'value' in found ? found.value : undefined;
};

/** A failed run releases those that depend on it as if it had succeeded. */
const releasing: Tamper = (transition) => ({
  ...transition,
  name: 'release',
  updates: [{ remove: ['waitsFor'] }, { set: ['rev'], from: ['rev'], by: 1 }],
});

/** Nobody waits for the children, nor for those who hold a node. */
const endingAtOnce: Tamper = (transition) => {
  const at = setTo(transition, 'at');
  const ends = { phase: 'cancelled', at, endedAt: at, expires: 1 };
  const others = transition.updates.filter((update) => !('set' in update && update.set[0] === 'at'));
  return {
    ...transition,
    updates: [...others, ...Object.entries(ends).map(([name, value]) => ({ set: [name], value }))],
  };
};

/** What is owed to others is forgotten. */
const leavingAtOnce: Tamper = (transition) => ({
  ...transition,
  updates: transition.updates.map((update) =>
    'value' in update && update.set[0] === 'phase' && update.value === 'ending'
      ? { ...update, value: setTo(transition, 'ended') }
      : update,
  ),
});

const unmoved: Tamper = (transition) =>
  transition.name === 'look'
    ? {
        ...transition,
        updates: transition.updates.filter((update) => !('set' in update && update.set[0] === 'at')),
      }
    : transition;

/** What is rare is looked for near where it was found: `from` that seed on. */
const bugs: Readonly<Record<string, { tamper: Tamper; noticedAs: RegExp; from?: number }>> = {
  'a commit without its fence': {
    tamper: without('commit.leased', 'commit.epoch', 'commit.nonce'),
    noticedAs: /I5/,
  },
  'a path commit without its fence': {
    tamper: without('pathCommit.leased', 'pathCommit.epoch', 'pathCommit.nonce'),
    noticedAs: /I5/,
  },
  'a join under an epoch that another has': {
    tamper: without('join.rev', 'join.newEpoch', 'commit.rev', 'commit.newEpoch'),
    noticedAs: /I4|I7|I13|I16|no order/,
    from: 45,
  },
  'a loop that does not count its rounds': {
    tamper: dropping((path) => path.length === 3 && path[2] === 'iteration'),
    noticedAs: /iteration|no order|committed twice/,
  },
  'a branch whose end is not marked': {
    tamper: dropping((path) => path.length === 3 && path[2] === 'ends'),
    noticedAs: /no node|branch/,
  },
  'a renewal that ignores the owner': {
    tamper: without('renew.leased', 'renew.epoch', 'renew.nonce'),
    noticedAs: /I5|I11|no order/,
  },
  'a dispatch without the index being moved': { tamper: unmoved, noticedAs: /discovery/ },
  'a takeover of a lease that lives': { tamper: without('takeOver.expired'), noticedAs: /I6/, from: 390 },
  'a timeout beside the signal that has come': {
    tamper: without('timeOut.rev', 'timeOut.waiting'),
    noticedAs: /no order|I15|waited|waits/,
  },
  'a signal that overwrites another one': { tamper: without('signal.rev'), noticedAs: /signal|I9/ },
  'a wait that does not see the signal that came': {
    tamper: without('pathCommit.rev'),
    noticedAs: /the signal|I9|I15|lost/,
  },
  'a signal that is not remembered': {
    tamper: dropping((path) => path[0] === 'signalIds'),
    noticedAs: /came a second time|twice/,
  },
  'a claim of a run that waits for another': {
    tamper: without('claim.released'),
    noticedAs: /I3/,
    from: 135,
  },
  'a claim of a paused or cancelled run': { tamper: without('claim.noControl'), noticedAs: /I13/ },
  'a release by a run that has failed': { tamper: of('failDependent', releasing), noticedAs: /I3/ },
  'a dependent made known to a run that has ended': {
    tamper: without('attach.active'),
    noticedAs: /I2|I16/,
  },
  'an end that forgets what is owed': { tamper: leavingAtOnce, noticedAs: /I16|I18/ },
  'a child told of to another node, or twice': {
    tamper: without('notify.child', 'notify.status', 'notify.unended'),
    noticedAs: /I11|notify/,
    from: 100,
  },
  'a holder that waits for a child that has ended': {
    tamper: without('await.unended'),
    noticedAs: /wait for nothing|waits for nothing|L1/,
  },
  'a cancel that ends a run at once, with children and holders': {
    tamper: of('cancel', endingAtOnce),
    noticedAs: /I14|I13|I1:|no order/,
  },
  'a pause that is not over with its resumption': {
    tamper: of('resume', (transition) => ({
      ...transition,
      updates: transition.updates.filter((update) => !('remove' in update)),
    })),
    noticedAs: /L1|I13/,
  },
  'a claim that spends no attempt': {
    tamper: (transition) => ({
      ...transition,
      updates: transition.updates.filter(
        (update) => !(transition.name === 'claim' && 'from' in update && update.set.at(-1) === 'attempt'),
      ),
    }),
    noticedAs: /I8/,
  },
};

describe('a guard that only a request held up on its way can miss is missed', () => {
  it.each(simulatedGuards)('%s', { timeout: 240_000 }, async (guard) => {
    expect(await firstBroken(without(guard), 2_000, 410)).toBeGreaterThan(0);
  });
});

describe('a planted bug is noticed, and its history made small', () => {
  it.each(Object.entries(bugs))('%s', { timeout: 240_000 }, async (_, { from, noticedAs, tamper }) => {
    const seed = await firstBroken(tamper, seedsMax, from);
    const whole = await simulate(seed, { tamper });
    const shrunk = await shrink(seed, { tamper });

    expect(shrunk.simulation.broken.join('\n')).toMatch(noticedAs);
    expect(shrunk.runs).toBeLessThanOrEqual(whole.runs);
    expect(shrunk.keep.length).toBeLessThanOrEqual(whole.faults.length);
    const replayed = await simulate(seed, { tamper, runs: shrunk.runs, keep: new Set(shrunk.keep) });
    expect(replayed.traceHash).toBe(shrunk.simulation.traceHash);
    expect(replayed.broken).toEqual(shrunk.simulation.broken);
  });

  it('has nothing to make small in a history that is not broken', async () => {
    await expect(shrink(1)).rejects.toThrow('nothing is broken in history 1');
  });
});

async function firstBroken(tamper: Tamper, most: number, from = 1): Promise<number> {
  for (let seed = from; seed < from + most; seed++) {
    const { broken } = await simulate(seed, { tamper });
    if (broken.length > 0) return seed;
  }
  throw new Error(`not noticed in ${most} histories`);
}
