import type { CancelOptions } from '../../lib/client/client.ts';
import type { Run } from '../../lib/model/run.ts';
import type { Ms } from '../../lib/model/time.ts';
import type { Asked, Seen } from './scenario.ts';

/** The run that something is asked of. */
export type Of = (seen: Seen) => Run;

const ofMain: Of = ({ main }) => main;

/** The first run of a definition. */
export const named =
  (definition: string): Of =>
  ({ all }) => {
    const found = all.find(({ name }) => name === definition);
    if (!found) throw new Error(`there is no run of ${definition} yet`);
    return found;
  };

const isOver = (run: Run) => run.endedAt !== undefined;

/** Until it is done or cannot be any more. */
const once = (of: Of, isDone: (run: Run) => boolean) => (seen: Seen) => {
  try {
    const run = of(seen);
    return isOver(run) || isDone(run);
  } catch {
    return false;
  }
};

interface When {
  readonly after?: Ms;
  readonly of?: Of;
}

export const cancels = (
  mode: CancelOptions['mode'] = 'graceful',
  { of = ofMain, ...when }: When = {},
): Asked => ({
  ...when,
  ask: (client, seen) => client.cancel(of(seen).run, { mode, by: 'ada' }),
  isDone: once(
    of,
    ({ control }) => control?.kind === 'cancel' && (control.mode === mode || mode === 'graceful'),
  ),
});

export const pauses = (
  mode: CancelOptions['mode'] = 'graceful',
  { of = ofMain, ...when }: When = {},
): Asked => ({
  ...when,
  ask: (client, seen) => client.pause(of(seen).run, { mode, by: 'ada', reason: 'lunch' }),
  isDone: once(of, ({ control, resumed }) => control !== undefined || resumed !== undefined),
});

/** Also what somebody who was slow has paused again. */
export const resumes = ({ of = ofMain, ...when }: When = {}): Asked => ({
  ...when,
  ask: (client, seen) => client.resume(of(seen).run, { by: 'bob' }),
  isDone: once(of, ({ control }) => control?.kind !== 'pause'),
});

export const signals = (
  name: string,
  payload: unknown,
  { id = 'one', of = ofMain, ...when }: When & { id?: string } = {},
): Asked => ({
  ...when,
  ask: (client, seen) => client.signal(of(seen).run, name, payload, { id }),
  isDone: once(of, ({ signalIds = [] }) => signalIds.includes(id)),
});

/** The run that failed goes on as another one. */
export const retries = (options: { input?: unknown } = {}, when: Pick<Asked, 'after'> = {}): Asked => ({
  ...when,
  ask: (client, { main }) => client.retry(main.run, options),
  isDone: ({ all, main }) => all.some(({ retryOf }) => retryOf === main.run),
});
