import type { Dispatch } from '../../../lib/model/message.ts';
import type { Transition } from '../../../lib/model/transition.ts';
import type { Fence } from '../../../lib/protocol/guards.ts';
import type { Leaving } from '../../../lib/protocol/history.ts';
import { type Mutation, runIndex, type Scenario, shapeOf } from '../scenario.ts';
import type { Budget, State, Write } from '../state.ts';

/** What every actor's rules are given. */
export interface Rules {
  readonly scenario: Scenario;
  readonly mutation: Mutation | undefined;
}

/** A write as the protocol made it, or as the mutation spoils it. */
export function request(
  rules: Rules,
  run: number,
  transition: Transition,
  {
    skewMs = 0,
    ...rest
  }: { skewMs?: number; fence?: Fence; hash?: string; rings?: readonly string[]; history?: Leaving } = {},
): Write {
  const { mutation, scenario } = rules;
  const made = mutation?.transition?.(transition) ?? transition;
  return { run, skewMs, transition: made, shape: shapeOf(scenario, run), ...rest };
}

/** Puts doorbells into the queue; those beyond its bound are lost. */
export function ring(state: State, dispatches: readonly Dispatch[], { scenario }: Rules): State {
  const sent = dispatches.map(({ message }) => ({
    run: runIndex(message.run),
    // Far from the limit, hops make no difference.
    dispatch: { ...message, hop: scenario.hopLimit > 9 ? 0 : message.hop },
  }));
  const queue = [...state.queue, ...sent].slice(0, Math.max(scenario.messagesMax, state.queue.length));
  return { ...state, queue };
}

/** There are few budgets, and many states that spend of them. */
const spent = new WeakMap<Budget, Map<keyof Budget, Budget>>();

export function spend(state: State, name: keyof Budget): State {
  const { budget } = state;
  const known = spent.get(budget) ?? new Map<keyof Budget, Budget>();
  if (known.size === 0) spent.set(budget, known);
  const left = known.get(name) ?? { ...budget, [name]: budget[name] - 1 };
  known.set(name, left);
  return { ...state, budget: left };
}
