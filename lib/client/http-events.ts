import { HoldfastError } from '../model/errors.ts';
import { type Clock, sleep } from '../ports/clock.ts';
import type { Client, EventsOptions, RunRef, WatchOptions } from './client.ts';
import { isFinished } from './finished.ts';
import { interruptAfter, isSilence, pauseMsMax, silentLooksMax } from './follow.ts';
import { runFrom } from './http-answers.ts';
import { idOf, queryText, tenantHeaders } from './http-requests.ts';
import { tenantHeader } from './http-submission.ts';
import type { StreamRequest, StreamTransport } from './http-transport.ts';
import type { Run } from './run-view.ts';
import { type ServerMessage, serverMessages } from './server-events.ts';

/** Streams of events over HTTP. A stream that is cut is taken up again from its last event. */
export function eventRequests(open: StreamTransport, clock: Clock): Pick<Client, 'watch' | 'events'> {
  return {
    watch: ((run: RunRef, options: WatchOptions = {}) =>
      watch({ open, clock }, run, options)) as Client['watch'],
    events: (options = {}) => events({ open, clock }, options),
  };
}

interface Streams {
  readonly open: StreamTransport;
  readonly clock: Clock;
}

async function* watch(
  streams: Streams,
  ref: RunRef,
  { nodes = true, signal, tenant, timeout }: WatchOptions,
): AsyncGenerator<Run, void> {
  const ending = new AbortController();
  const timer = timeout === undefined ? undefined : interruptAfter(timeout, ending, streams.clock);
  const request = {
    path: `/runs/${idOf(ref)}/events${nodes ? '' : '?nodes=false'}`,
    headers: tenantHeaders(ref, tenant),
    signal: signal ? AbortSignal.any([signal, ending.signal]) : ending.signal,
  };
  try {
    for await (const message of messages(streams, request)) {
      if (message.data === undefined) continue;
      const run = runOf(message.data);
      yield run;
      if (isFinished(run)) return;
    }
  } finally {
    timer?.cancel();
    ending.abort();
  }
}

async function* events(
  streams: Streams,
  { cursor, onCursor, signal, tenant, ...filter }: EventsOptions,
): AsyncGenerator<{ run: Run; cursor: string }, void> {
  const ending = new AbortController();
  const request = {
    path: `/events${queryText(filter)}`,
    headers: tenantHeader(tenant),
    signal: signal ? AbortSignal.any([signal, ending.signal]) : ending.signal,
  };
  try {
    for await (const message of messages(streams, request, cursor))
      if (message.data !== undefined) yield { run: runOf(message.data), cursor: message.id ?? '' };
      else if (message.id !== undefined) onCursor?.(message.id);
  } finally {
    ending.abort();
  }
}

/** @param last the id of the message after which it goes on */
async function* messages(
  { clock, open }: Streams,
  { headers, path, signal }: StreamRequest,
  last?: string,
): AsyncGenerator<ServerMessage, void> {
  let isKnown = false;
  for (let failed = 0; ; await sleep(clock, pauseMsMax, signal)) {
    signal.throwIfAborted();
    const from = last === undefined ? {} : { 'last-event-id': last };
    try {
      const stream = await open({ path, headers: { ...headers, ...from }, signal });
      if (stream === undefined) return;
      isKnown = true;
      for await (const message of serverMessages(stream, clock)) {
        failed = 0;
        last = message.id ?? last;
        yield message;
      }
    } catch (error) {
      signal.throwIfAborted();
      failed += 1;
      if (!isKnown || !isSilence(error) || failed >= silentLooksMax) throw error;
    }
  }
}

function runOf(data: string): Run {
  try {
    return runFrom({ body: JSON.parse(data) });
  } catch (cause) {
    throw new HoldfastError('ApiProblem', 'The stream holds something else than runs', { cause });
  }
}
