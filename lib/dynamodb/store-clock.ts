import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { EpochMs, Ms } from '../model/time.ts';
import type { Clock } from '../ports/clock.ts';
import type { ClockOffset, OffsetGauge } from '../ports/clock-offset.ts';

/** What one answer says: the offset was between these when it came. */
interface Bounds {
  readonly at: EpochMs;
  readonly lowest: Ms;
  readonly highest: Ms;
}

const boundsMax = 20;
/** Headers tell whole seconds, cut off. */
const dateStepMs: Ms = 1_000;
/** By how much two clocks may have drifted apart, or been drawn together, per millisecond since. */
const drift = 0.001;

/**
 * The offset as the answers' dates narrow it down: the store wrote a date at some time between request and answer, and up
 * to a second after what the date says. Several answers, at different parts of a second, leave less than a second between
 * them, however long each took.
 *
 * ```
 * local   sent ──────── answered          lowest  = date − answered
 * store          date … date + 1 s        highest = date + 1 s − sent
 * ```
 */
export class StoreClock implements OffsetGauge {
  readonly #clock: Pick<Clock, 'now'>;
  /** The newest first. */
  #bounds: Bounds[] = [];

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  /** @param date of the answer, as the store's header has it */
  add({ answered, date, sent }: { sent: EpochMs; answered: EpochMs; date: EpochMs }): void {
    const bounds = { at: answered, lowest: date - answered, highest: date + dateStepMs - sent };
    this.#bounds = [bounds, ...this.#bounds].slice(0, boundsMax);
  }

  read(): ClockOffset | undefined {
    const now = this.#clock.now();
    let lowest = Number.NEGATIVE_INFINITY;
    let highest = Number.POSITIVE_INFINITY;
    let answers = 0;
    for (const bounds of this.#bounds) {
      const drifted = Math.max(0, now - bounds.at) * drift;
      const low = Math.max(lowest, bounds.lowest - drifted);
      const high = Math.min(highest, bounds.highest + drifted);
      // From before one of the clocks was set: it and what is older say nothing of now.
      if (low > high) break;
      [lowest, highest] = [low, high];
      answers += 1;
    }
    return answers === 0
      ? undefined
      : { ms: (lowest + highest) / 2, doubtMs: (highest - lowest) / 2, answers };
  }
}

/** Compares the clock with the dates of all answers, refusals among them, that this client gets from now on. */
export function watchStoreClock(db: DynamoDBDocumentClient, clock: Pick<Clock, 'now'>): OffsetGauge {
  const gauge = new StoreClock(clock);
  db.middlewareStack.add(
    (next) => async (args) => {
      const sent = clock.now();
      const answer = await next(args);
      const date = dateOf(answer.response);
      if (date !== undefined) gauge.add({ sent, answered: clock.now(), date });
      return answer;
    },
    // Next to the wire: each try by itself, and before an error is made of a refusal.
    { step: 'deserialize', priority: 'low', name: 'holdfastStoreClock' },
  );
  return gauge;
}

function dateOf(response: unknown): EpochMs | undefined {
  const { headers } = response as { headers?: Readonly<Record<string, string>> };
  const date = Date.parse(headers?.date ?? '');
  return Number.isNaN(date) ? undefined : date;
}
