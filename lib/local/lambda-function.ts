import type { Ms } from '../model/time.ts';

/** A function as its event sources see it: of its environments they know nothing. */
export interface LambdaFunction {
  readonly name: string;
  /**
   * Runs the handler with the event, both ways as JSON. It takes as many events at a time as it is given; holding
   * back is the callers' business.
   *
   * @throws InvocationFailed
   */
  invoke(event: unknown): Promise<unknown>;
  /** Ends all environments; invocations still running fail. */
  close(): Promise<void>;
}

/** Why an invocation gave no response, in the words of Lambda. Only logs show it. */
export class InvocationFailed extends Error {
  override readonly name = 'InvocationFailed';
  /** The handler's error class, or `Sandbox.Timedout`, `Runtime.ExitError`, `Runtime.ImportModuleError`. */
  readonly errorType: string;

  constructor(errorType: string, message: string) {
    super(message);
    this.errorType = errorType;
  }
}

export const timedOut = (requestId: string, timeoutMs: Ms): InvocationFailed =>
  new InvocationFailed(
    'Sandbox.Timedout',
    `${requestId} Task timed out after ${(timeoutMs / 1000).toFixed(2)} seconds`,
  );

/** Lets a handler that wants it end what it keeps between invocations, such as a heartbeat. */
export async function dispose(handler: object): Promise<void> {
  const { [Symbol.asyncDispose]: end } = handler as Partial<AsyncDisposable>;
  await end?.call(handler);
}
