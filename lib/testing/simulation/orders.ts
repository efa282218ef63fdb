import type { NamedBatchEntry, SubmitOptions } from '../../client/client.ts';
import { directClient } from '../../client/direct-client.ts';
import type { Ports } from './cloud.ts';
import { post } from './http.ts';
import type { Ledger, Submitted } from './ledger.ts';
import type { Prng } from './prng.ts';
import { nameOf, someWork, type Work } from './workflows.ts';

/** What is to be submitted, once or several times. */
export interface Order {
  /** Resolves to what was submitted, as somebody was told. */
  readonly submit: (ports: Ports) => Promise<readonly Submitted[]>;
  /** Under the same idempotency keys. */
  readonly isRepeatable: boolean;
  /** The same key for something else. */
  readonly conflict?: (ports: Ports) => Promise<unknown>;
}

interface Single {
  readonly work: Work;
  readonly options: SubmitOptions;
}

interface Entry extends Omit<NamedBatchEntry, 'input' | 'task'> {
  readonly work: Work;
}

const delays = ['0ms', '0ms', '0ms', '30s', '5m', '20m'] as const;
const overHttp = 0.3;

/** Makes up what people submit: runs alone, runs that depend on others, and batches. */
export class Orders {
  readonly #prng: Prng;
  readonly #ledger: Ledger;

  constructor(prng: Prng, ledger: Ledger) {
    this.#prng = prng;
    this.#ledger = ledger;
  }

  some(index: number): Order {
    return this.#prng.chance(0.1) ? this.#batch(index) : this.#single(index);
  }

  #single(index: number): Order {
    const prng = this.#prng;
    const idempotencyKey = prng.chance(0.5) ? `key-${index}` : undefined;
    const depends = prng.chance(0.25) ? this.#onFailure() : undefined;
    const work = depends ? this.#gathering() : someWork(prng);
    const delay = nameOf(work) === 'gates' ? '0ms' : prng.pick(delays);
    let order: Single | undefined;
    // What it depends on is known only when it is submitted first.
    const made = (): Single => {
      const dependsOn = depends ? this.#known(2) : [];
      order ??= {
        work,
        options: {
          ...('task' in work && { maxAttempts: prng.between(1, 3) }),
          ...(delay !== '0ms' && { delay }),
          ...(idempotencyKey !== undefined && { idempotencyKey }),
          ...(dependsOn.length > 0 && { dependsOn, ...depends }),
        },
      };
      return order;
    };
    return {
      submit: (ports) => this.#submit(ports, made()),
      isRepeatable: idempotencyKey !== undefined,
      ...(idempotencyKey !== undefined && {
        conflict: (ports: Ports) => this.#submit(ports, { ...made(), work: another(work, index) }),
      }),
    };
  }

  /** Those that depend on each other in a row or side by side, and now and then on what is there already. */
  #batch(index: number): Order {
    const prng = this.#prng;
    const isRepeatable = prng.chance(0.5);
    const refs = ['a', 'b', 'c', 'd'].slice(0, prng.between(2, 4));
    let entries: readonly Entry[] | undefined;
    const made = (): readonly Entry[] => {
      entries ??= refs.map((ref, place) => {
        const before = refs.slice(0, place).filter(() => prng.chance(0.6));
        const dependsOn = [...before, ...(prng.chance(0.2) ? this.#known(1) : [])];
        return {
          ref,
          work: dependsOn.length > 0 ? this.#gathering() : someWork(prng),
          ...(isRepeatable && { idempotencyKey: `batch-${index}-${ref}` }),
          ...(dependsOn.length > 0 && { dependsOn, ...this.#onFailure() }),
        };
      });
      return entries;
    };
    return { submit: (ports) => this.#submitAll(ports, made()), isRepeatable };
  }

  #onFailure(): Pick<SubmitOptions, 'onDependencyFailure'> {
    return this.#prng.chance(0.3) ? { onDependencyFailure: 'skip' } : {};
  }

  #gathering(): Work {
    return this.#prng.chance(0.5) ? { task: 'plain', input: { does: 'gather' } } : someWork(this.#prng);
  }

  #known(most: number): string[] {
    const ids = this.#ledger.submitted.map(({ id }) => id);
    if (ids.length === 0) return [];
    const picked = Array.from({ length: this.#prng.between(1, most) }, () => this.#prng.pick(ids));
    return [...new Set(picked)];
  }

  async #submit(ports: Ports, { options, work }: Single): Promise<readonly Submitted[]> {
    const path = 'task' in work ? '/tasks' : '/runs';
    const { broken } = this.#ledger;
    const submitted = this.#prng.chance(overHttp)
      ? await post<{ id: string }>(ports, path, { ...work, ...options }, broken)
      : await directClient(ports).submitByName(nameOf(work), work.input, options);
    return submitted ? this.#told([{ id: submitted.id, work, key: options.idempotencyKey }]) : [];
  }

  async #submitAll(ports: Ports, entries: readonly Entry[]): Promise<readonly Submitted[]> {
    const named = entries.map(({ work, ...entry }) => ({ ...entry, task: nameOf(work), input: work.input }));
    const runs = await directClient(ports).submitAllByName(named);
    return this.#told(
      entries.map(({ idempotencyKey, work }, index) => ({
        id: runs[index]?.id ?? '',
        work,
        key: idempotencyKey,
      })),
    );
  }

  #told(submitted: readonly Submitted[]): readonly Submitted[] {
    this.#ledger.submitted.push(...submitted);
    return submitted;
  }
}

/** A conflicting order under the same key. */
function another(work: Work, index: number): Work {
  return 'task' in work
    ? { ...work, input: { does: 'return', ms: 1, value: `another ${index}` } }
    : { ...work, input: { ...work.input, n: work.input.n + 100 } };
}
