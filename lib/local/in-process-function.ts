import type { Context } from 'aws-lambda';
import type { Ms } from '../model/time.ts';
import { lambdaContext } from './lambda-context.ts';
import { dispose, type LambdaFunction, timedOut } from './lambda-function.ts';

export interface InProcessOptions {
  readonly functionName: string;
  readonly handler: (event: never, context: Context) => unknown;
  readonly timeoutMs: Ms;
}

/**
 * A function whose handler runs in this process. Events and responses pass as JSON, as they do to Lambda. What it
 * cannot do is end a handler: at the timeout the invocation fails, but the handler goes on.
 */
export function inProcessFunction({ functionName, handler, timeoutMs }: InProcessOptions): LambdaFunction {
  return {
    name: functionName,
    async invoke(event) {
      const requestId = crypto.randomUUID();
      const context = lambdaContext(functionName, requestId, Date.now() + timeoutMs);
      const { promise: timeout, reject } = Promise.withResolvers<never>();
      const timer = setTimeout(() => reject(timedOut(requestId, timeoutMs)), timeoutMs);
      try {
        return throughJson(await Promise.race([handler(throughJson(event) as never, context), timeout]));
      } finally {
        clearTimeout(timer);
      }
    },
    close: () => dispose(handler),
  };
}

function throughJson(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}
