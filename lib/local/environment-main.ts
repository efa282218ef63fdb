import { Worker } from 'node:worker_threads';
import type { Context } from 'aws-lambda';
import { requestCounts } from '../compose/request-count.ts';
import { type EnvironmentMessage, errorReport, type InvokeMessage } from './environment-protocol.ts';
import { lambdaContext } from './lambda-context.ts';
import { dispose } from './lambda-function.ts';
import { sourceExtension } from './paths.ts';
import { mapImports } from './task-module.ts';

/*
 * The main program of an execution environment: node environment-main.ts FUNCTION-NAME HANDLER-URL [TASKS-URL].
 * It imports the handler's file, then answers one event at a time until its channel to the runtime closes.
 */
type Handler = (event: unknown, context: Context) => unknown;

const [functionName = '', handlerUrl = '', tasksUrl] = process.argv.slice(2);

// The runtime decides when an environment ends; Ctrl-C reaches the whole process group.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
process.on('disconnect', () => void end());
new Worker(new URL(`./lifeline${sourceExtension}`, import.meta.url)).unref();

let loaded: Handler | undefined;

/** The runtime kills what takes too long; if it is gone itself, the lifeline does. */
async function end(): Promise<void> {
  try {
    if (loaded) await dispose(loaded);
  } finally {
    process.exit(0);
  }
}

function send(message: EnvironmentMessage): void {
  if (process.connected) process.send?.(message, () => {}); // the channel may close under way: then nobody asks
}

async function loadHandler(): Promise<Handler> {
  mapImports(tasksUrl);
  const module: { handler?: unknown } = await import(handlerUrl);
  if (typeof module.handler !== 'function')
    throw new Error(`${handlerUrl} exports no function named handler`);
  return module.handler as Handler;
}

async function answer(handler: Handler, { event, requestId, deadline }: InvokeMessage): Promise<void> {
  try {
    const response = await handler(event, lambdaContext(functionName, requestId, deadline));
    send({ type: 'succeeded', requestId, response, counts: requestCounts() });
  } catch (error) {
    console.error(error);
    send({ type: 'failed', requestId, error: errorReport(error), counts: requestCounts() });
  }
}

try {
  const handler = await loadHandler();
  loaded = handler;
  process.on('message', (message: InvokeMessage) => void answer(handler, message));
  send({ type: 'ready' });
} catch (error) {
  console.error(error);
  process.send?.({ type: 'init-failed', error: errorReport(error) } satisfies EnvironmentMessage, () =>
    process.exit(1),
  );
}
