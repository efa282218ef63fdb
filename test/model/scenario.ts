import type { Shape } from '../../lib/model/definition.ts';
import type { DefinitionHash, Nonce, RunId, TenantId } from '../../lib/model/ids.ts';
import { type Run, soleNode } from '../../lib/model/run.ts';
import type { EpochMs, Ms } from '../../lib/model/time.ts';
import type { Transition } from '../../lib/model/transition.ts';
import type { Submission } from '../../lib/protocol/submit.ts';
import { taskShape } from '../support/task-shape.ts';
import { type Budget, idle, type Request, type State } from './state.ts';

/** One bounded system to be explored in full. */
export interface Scenario {
  readonly name: string;
  /** What run 0 executes. */
  readonly shape: Shape;
  /** What the runs after it execute: those that others submit, and those that nodes start. */
  readonly others: readonly Shape[];
  /** Whether holders go on with the next node: time may be up for each, or for none. */
  readonly inline: 'never' | 'always' | 'either';
  /** Nodes that other workers serve. */
  readonly elsewhere: readonly string[];
  /** How long outputs are: long ones soon leave for the history. */
  readonly outputChars: number;
  readonly workers: number;
  readonly discoverers: number;
  readonly submissions: readonly Submitted[];
  /** The run that each canceller cancels: gracefully, or every second one in abort mode. */
  readonly cancels: readonly number[];
  /** What people ask besides. */
  readonly requests: readonly Request[];
  /** Whether runs can end only if people ask for what they may: it is no fault then. */
  readonly needsPeople: boolean;
  readonly attemptsMax: number;
  readonly messagesMax: number;
  readonly looksMax: number;
  readonly hopLimit: number;
  readonly backoffMs: Ms;
  /** What those who hand back unfinished do it for: a slot of a limit, or a time of its own. Default: a checkpoint. */
  readonly givesWay?: 'slot' | 'permit';
  /** By how many minutes leases are longer than they must be. */
  readonly leaseMinutes: number;
  /** How far each worker's clock is ahead; 0 beyond the list. */
  readonly skewsMs: readonly Ms[];
  /** A doorbell for run 0 under another definition is in the queue from the beginning. */
  readonly foreignMessage: boolean;
  readonly budget: Budget;
}

export interface Submitted {
  readonly run: number;
  readonly payload: string;
  readonly delayMs?: Ms;
  /** The runs it depends on. */
  readonly dependsOn?: readonly number[];
  readonly skips?: true;
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
  others: [],
  inline: 'never',
  elsewhere: [],
  outputChars: 1,
  workers: 2,
  discoverers: 1,
  submissions: [{ run: 0, payload: 'a' }],
  cancels: [],
  requests: [],
  needsPeople: false,
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
/**
 * What is as far away as this never comes: a run that waits for something that it will be told of is looked at once a day,
 * and must be told all the same.
 */
export const farMs: Ms = 43_200_000;
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
const retryName = 'run-0~2';
/** Run 0 tried again. */
const retrySlot = 3;

/** The place of a run in a state, by its name. */
export const runIndex = (name: string): number =>
  name === retryName ? retrySlot : Number(name.slice('run-'.length));

export const shapeOf = ({ others, shape }: Scenario, run: number): Shape => others[run - 1] ?? shape;
export const nonceName = (count: number): Nonce => `nonce-${count}` as Nonce;
const tenant = '-' as TenantId;

/** What starts a run, but for what it depends on: a client's submission, or that of a child run. */
export function submissionOf(
  scenario: Scenario,
  { delayMs = 0, payload, run }: Submitted,
  nameChild: () => RunId,
): Submission {
  const shape = shapeOf(scenario, run);
  return {
    tenant,
    run: runName(run),
    kind: shape.kind,
    name: shape.name,
    hash: definition,
    submission: payload,
    input: { text: `"${payload}"` },
    pool: 'default',
    priority: 'normal',
    tags: [],
    shape,
    planOf: () => ({
      attemptsMax: scenario.attemptsMax,
      leaseMs: leaseMs + scenario.leaseMinutes * minuteMs,
    }),
    delayMs,
    nameChild,
  };
}

export function initialState(scenario: Scenario): State {
  const { cancels, others, requests, submissions } = scenario;
  const slots = [...submissions.map(({ run }) => run), others.length];
  const runs = 1 + Math.max(...slots, requests.some(({ ask }) => ask === 'retry') ? retrySlot : 0);
  const foreign = { tenant, run: runName(0), node: soleNode, hash: foreignDefinition, hop: 0 };
  return {
    now: start,
    runs: Array.from({ length: runs }, () => undefined),
    queue: scenario.foreignMessage ? [{ run: 0, dispatch: foreign }] : [],
    workers: Array.from({ length: scenario.workers }, () => idle),
    discoverers: Array.from({ length: scenario.discoverers }, () => idle),
    clients: [
      ...submissions.map((submitted) => ({ at: 'submit' as const, submitted })),
      ...cancels.map((run, index) => ({
        at: 'ask' as const,
        request: {
          ask: 'cancel' as const,
          run,
          // As they were numbered among all clients.
          mode: (submissions.length + index) % 2 === 0 ? ('graceful' as const) : ('abort' as const),
        },
      })),
      ...requests.map((request) => ({ at: 'ask' as const, request })),
    ],
    late: [],
    frozen: [],
    budget: scenario.budget,
    looksMax: scenario.looksMax,
    nonces: 0,
  };
}

/** A name for the next child run: that of a run which is neither there nor named yet. */
export function freeName(state: State, { others, submissions }: Scenario): RunId {
  const named = state.runs.flatMap((run) =>
    run ? [run.run, ...Object.values(run.nodes).flatMap(({ child }) => child?.run ?? [])] : [],
  );
  const submitted = submissions.map(({ run }) => runName(run));
  const names = others.map((_, index) => runName(index + 1)).filter((name) => !submitted.includes(name));
  const free = names.find((name) => !named.includes(name));
  if (!free) throw new Error('the scenario has no room for another child run');
  return free;
}
