import type { Client } from '../../lib/client/client.ts';
import type { Run } from '../../lib/client/run-view.ts';
import type { Run as StoredRun } from '../../lib/model/run.ts';
import type { Ms } from '../../lib/model/time.ts';
import type { Clock } from '../../lib/ports/clock.ts';
import type { Victim, World } from './world.ts';

/** Of the run that a scenario is about. */
export const idempotencyKey = 'the-one';

export interface Scenario {
  readonly name: string;
  readonly tasks: (clock: Clock) => Record<string, unknown>;
  /** What is submitted, one of it under `idempotencyKey`; it may be done again after a crash. */
  readonly act: (client: Client) => Promise<unknown>;
  /** Set where the submission is asked for again only if one of so many runs is not there; else it is in any case. */
  readonly makes?: number;
  /** What people ask of it after that, one after the other. */
  readonly later?: readonly Asked[];
  /** What must be seen in the end, of the run and of all runs, the earliest first, whatever happened in between. */
  readonly outcome: Outcome;
  /** What must be seen where nothing happened. Default: as `outcome`. */
  readonly undisturbed?: Outcome;
  /** The submission's own message is never delivered: discovery does it all. */
  readonly losesDoorbell?: boolean;
  /** Clients and executors never come to what runs owe each other: discovery does it all. */
  readonly leavesDuties?: true;
  /** So many runs may be open. Default: any number. */
  readonly openRuns?: number;
  /** Who is hit. Default: everybody. */
  readonly victims?: readonly Victim[];
  /** How long an executor's invocation lasts, in milliseconds. Default: for ever. */
  readonly lambdaMs?: Ms;
  /** Its handlers tell what they did. */
  readonly isWorkflow?: true;
}

/** @throws Error where it is not as it should be */
type Outcome = (run: Run, all: readonly Run[]) => void;

/** What somebody asks for by a client. */
export interface Asked {
  /** How long after what came before it, in milliseconds. The first comes half a minute after the submission. */
  readonly after?: Ms;
  readonly ask: (client: Client, seen: Seen) => Promise<unknown>;
  /** Whether it has happened, or need not any more, as anybody can see: else somebody asks again. */
  readonly isDone: (seen: Seen) => boolean;
}

/** How things stand. */
export interface Seen {
  /** The run that the scenario is about. */
  readonly main: StoredRun;
  /** All runs, the earliest first. */
  readonly all: readonly StoredRun[];
}

const patienceMs: Ms = 30_000;
/** What is refused because something else is late is asked for again. */
const asksMax = 10;

/** @returns how the run, and all runs, stand in the end */
export async function play(scenario: Scenario, world: World): Promise<Parameters<Outcome>> {
  const { act, lambdaMs, later = [], losesDoorbell, makes = Number.POSITIVE_INFINITY } = scenario;
  giveUp(act(world.client()));
  await world.clock.advance(0);
  if (losesDoorbell) world.loseMessages();
  await world.pass(patienceMs, lambdaMs);
  // Whoever asked and got no answer asks again: the idempotency key makes it the same run.
  if ((await world.runs.all()).length < makes) await act(world.observer());
  for (const asked of later) await ask(asked, world, lambdaMs);
  await world.pass(3 * 3_600_000, lambdaMs);
  const { all, main } = await seenIn(world);
  const ended = await Promise.all(all.map(({ run }) => world.observer().get(run)));
  return [await world.observer().get(main.run), ended];
}

async function ask({ after = 0, ask, isDone }: Asked, world: World, lambdaMs: Ms | undefined): Promise<void> {
  await world.pass(after, lambdaMs);
  const first = await seenIn(world);
  giveUp(attempt(() => ask(world.client(), first)));
  for (let asks = 1; asks < asksMax; asks += 1) {
    await world.pass(patienceMs, lambdaMs);
    const seen = await seenIn(world);
    if (isDone(seen)) return;
    await attempt(() => ask(world.observer(), seen)).catch(() => {});
  }
}

async function seenIn(world: World): Promise<Seen> {
  const all = await world.runs.all();
  const main = all.find((run) => run.idempotencyKey === idempotencyKey);
  if (!main) throw new Error('the run is not there');
  return { main, all };
}

/** Also what cannot be asked for yet is refused. */
const attempt = async (work: () => Promise<unknown>) => await work();

/** A call whose process may die in it: nobody waits for its end. */
function giveUp(call: Promise<unknown>): void {
  call.catch(() => {});
}

/** Scenarios of one workflow each, whose input is 1 unless they say otherwise. */
export const scenarioOf =
  (kind: string) =>
  (
    name: string,
    workflow: { readonly name: string },
    more: Pick<Scenario, 'outcome'> & Partial<Scenario> & { readonly input?: unknown },
  ): Scenario => {
    const { input = 1, ...given } = more;
    return {
      name: `${kind}: ${name}`,
      tasks: () => ({ workflow }),
      act: (client) => client.submitByName(workflow.name, input, { idempotencyKey }),
      isWorkflow: true,
      ...given,
    };
  };

/** The same with nobody but discovery to do what runs owe each other. */
export const leftToDiscovery = (
  scenarios: readonly Scenario[],
  victims: readonly Victim[] = ['discovery'],
): Scenario[] =>
  scenarios.map((scenario) => ({
    ...scenario,
    name: `${scenario.name}, all left to discovery`,
    leavesDuties: true,
    victims,
  }));
