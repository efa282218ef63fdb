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
    noticedAs: /I4|I7|I13|no order/,
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
  'a takeover of a lease that lives': { tamper: without('takeOver.expired'), noticedAs: /I6/, from: 550 },
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

/** Guards that are missed in few histories: the one to begin with. */
const rarelyMissed: Readonly<Record<string, number>> = { 'exhaust.nonce': 480 };

describe('a guard that only a request held up on its way can miss is missed', () => {
  it.each(simulatedGuards)('%s', { timeout: 240_000 }, async (guard) => {
    expect(await firstBroken(without(guard), 2_000, rarelyMissed[guard])).toBeGreaterThan(0);
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
