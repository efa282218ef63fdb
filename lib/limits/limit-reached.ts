import type { Reached } from '../model/limit.ts';

/** Thrown instead of running a handler that must wait for its limit: no failure, and nothing that users meet. */
export class LimitReached extends Error {
  readonly limited: Reached;

  constructor(limited: Reached) {
    super(`the limit ${limited.name} is reached`);
    this.limited = limited;
  }
}
