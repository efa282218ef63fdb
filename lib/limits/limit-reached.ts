import type { Reached } from '../model/limit.ts';

/** Thrown instead of running a handler that must wait for its limit: no failure, and nothing that users meet. */
export class LimitReached extends Error {
  readonly #limited: Reached;

  constructor(limited: Reached) {
    super(`the limit ${limited.name} is reached`);
    this.#limited = limited;
  }

  /** What was reached, if it is one. Handlers throw anything, also what throws when it is looked at. */
  static of(thrown: unknown): Reached | undefined {
    return typeof thrown === 'object' && thrown !== null && #limited in thrown ? thrown.#limited : undefined;
  }
}
