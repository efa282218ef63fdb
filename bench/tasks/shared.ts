import { type Holdfast, startHoldfast } from '../stack/holdfast.ts';
import { openStack, type Stack } from '../stack/stack.ts';
import * as work from './work.ts';

/** As many as the goals are stated for. */
export const inFlight = 16;

/** What the figures of tasks have in common, made with the first that needs it. */
export class Shared {
  readonly distanceMs: number;
  readonly #endpoint: string | undefined;
  readonly #opened = new AsyncDisposableStack();
  #stack: Promise<Stack> | undefined;
  #holdfast: Promise<Holdfast> | undefined;

  /** @param distanceMs by which each answer comes later */
  constructor(endpoint: string | undefined, distanceMs = 0) {
    this.#endpoint = endpoint;
    this.distanceMs = distanceMs;
  }

  stack(): Promise<Stack> {
    this.#stack ??= openStack(this.#endpoint).then((stack) => this.#opened.use(stack));
    return this.#stack;
  }

  holdfast(): Promise<Holdfast> {
    this.#holdfast ??= this.stack()
      .then(({ env }) => startHoldfast(env, work, inFlight, this.distanceMs))
      .then((holdfast) => this.#opened.use(holdfast));
    return this.#holdfast;
  }

  close(): Promise<void> {
    return this.#opened.disposeAsync();
  }
}
