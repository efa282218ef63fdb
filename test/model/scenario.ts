import type { Shape } from '../../lib/model/definition.ts';
import type { DefinitionHash, Nonce, RunId, TenantId } from '../../lib/model/ids.ts';
import { type Run, soleNode } from '../../lib/model/run.ts';
import type { EpochMs, Ms } from '../../lib/model/time.ts';
import type { Transition } from '../../lib/model/transition.ts';
import type { Submission } from '../../lib/protocol/submit.ts';
import { taskShape } from '../support/task-shape.ts';
import type { Budget, State } from './state.ts';

/** One bounded system to be explored in full. */
export interface Scenario {
  readonly name: string;
  readonly shape: Shape;
  /** Whether holders go on with the next node: time may be up for each, or for none. */
  readonly inline: 'never' | 'always' | 'either';
  /** Nodes that other workers serve. */
  readonly elsewhere: readonly string[];
  /** How long outputs are: long ones soon leave for the history. */
  readonly outputChars: number;
  readonly workers: number;
  readonly discoverers: number;
  readonly submissions: readonly { readonly run: number; readonly payload: string; readonly delayMs?: Ms }[];
  /** The run that each canceller cancels. */
  readonly cancels: readonly number[];
  readonly attemptsMax: number;
  readonly messagesMax: number;
  readonly looksMax: number;
  readonly hopLimit: number;
  readonly backoffMs: Ms;
  /** By how many minutes leases are longer than they must be. */
  readonly leaseMinutes: number;
  /** How far each worker's clock is ahead; 0 beyond the list. */
  readonly skewsMs: readonly Ms[];
  /** A doorbell for run 0 under another definition is in the queue from the beginning. */
  readonly foreignMessage: boolean;
  readonly budget: Budget;
}

/** What a mutant does to the protocol and its callers. */
export interface Mutation {
  readonly name: string;
  readonly transition?: (transition: Transition) => Transition;
  /** Replaces the run before a decision is made on it. */
  readonly seen?: (run: Run) => Run;
  /** A caller's step that is left out or done regardless. */
  readonly slip?: 'refused renewal kept' | 'resubmission unchecked' | 'hand-back done is dropped';
}

export const noBudget: Budget = {
  crashes: 0,
  lostResponses: 0,
  late: 0,
  duplicates: 0,
  freezes: 0,
  renewals: 0,
  yields: 0,
  stale: 0,
  deep: 0,
  upgrades: 0,
};

export const baseScenario: Omit<Scenario, 'name'> = {
  shape: taskShape,
  inline: 'never',
  elsewhere: [],
  outputChars: 1,
  workers: 2,
  discoverers: 1,
  submissions: [{ run: 0, payload: 'a' }],
  cancels: [],
  attemptsMax: 2,
  messagesMax: 2,
  looksMax: 1,
  hopLimit: 64,
  backoffMs: 0,
  leaseMinutes: 0,
  skewsMs: [],
  foreignMessage: false,
  budget: noBudget,
};

const start: EpochMs = 960_000_000;
export const lookaheadMs: Ms = 60_000;
const minuteMs: Ms = 60_000;
/** 5,001 ms short of a minute: what must be looked at then falls on a full minute. */
const leaseMs: Ms = 54_999;

/**
 * A worker may choose any lease. These end just before the 55th second of a minute, so that all that ever happens falls
 * on a few seconds of each minute, and states that differ in nothing but odd milliseconds are the same.
 */
export function leaseEnd(now: EpochMs, more: number): EpochMs {
  const minutes = Math.floor((now - leaseMs - 1) / minuteMs) + 1 + more;
  return minutes * minuteMs + leaseMs;
}
const definition = 'definition' as DefinitionHash;
const foreignDefinition = 'another definition' as DefinitionHash;
export const runName = (run: number): RunId => `run-${run}` as RunId;
export const nonceName = (count: number): Nonce => `nonce-${count}` as Nonce;
const tenant = '-' as TenantId;

function submissionOf(scenario: Scenario, index: number): Submission {
  const given = scenario.submissions[index];
  if (!given) throw new Error(`scenario ${scenario.name} has no submission ${index}`);
  return {
    tenant,
    run: runName(given.run),
    kind: scenario.shape.kind,
    name: scenario.shape.name,
    hash: definition,
    submission: given.payload,
    input: { text: `"${given.payload}"` },
    pool: 'default',
    priority: 'normal',
    tags: [],
    shape: scenario.shape,
    planOf: () => ({
      attemptsMax: scenario.attemptsMax,
      leaseMs: leaseMs + scenario.leaseMinutes * minuteMs,
    }),
    delayMs: given.delayMs ?? 0,
  };
}

export function initialState(scenario: Scenario): State {
  const { submissions, cancels } = scenario;
  const runs = 1 + Math.max(...submissions.map((each) => each.run));
  const foreign = { tenant, run: runName(0), node: soleNode, hash: foreignDefinition, hop: 0 };
  return {
    now: start,
    runs: Array.from({ length: runs }, () => undefined),
    queue: scenario.foreignMessage ? [{ run: 0, dispatch: foreign }] : [],
    workers: Array.from({ length: scenario.workers }, () => ({ at: 'idle' as const })),
    discoverers: Array.from({ length: scenario.discoverers }, () => ({ at: 'idle' as const })),
    clients: [
      ...submissions.map(({ run }, index) => ({
        at: 'submit' as const,
        run,
        submission: submissionOf(scenario, index),
      })),
      ...cancels.map((run) => ({ at: 'cancel' as const, run })),
    ],
    late: [],
    frozen: [],
    budget: scenario.budget,
    looksMax: scenario.looksMax,
    nonces: 0,
  };
}
