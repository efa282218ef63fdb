import { hash } from 'node:crypto';
import type { Context, Hono } from 'hono';
import type { Run } from '../../client/run-view.ts';
import { systemClock } from '../../compose/system.ts';
import { runId } from '../../model/ids.ts';
import { eventStream, type ServerEvent, streamLifetime } from '../event-stream.ts';
import type { ApiOptions } from '../options.ts';
import { inTenant, parseAs, queryOf } from '../parse.ts';
import { eventsSchema, lastEventSchema, lookSchema } from '../schemas.ts';

/** Streams of server-sent events: a run as it changes, and all of them. */
export function addEventRoutes(app: Hono, options: ApiOptions): void {
  const { client, clock = systemClock } = options;
  const stream = { ...options, clock };

  app.get('/runs/:id/events', async (c) => {
    const id = runId(c.req.param('id'));
    const { nodes } = parseAs(lookSchema, queryOf(c));
    const seen = lastEventOf(c);
    const lifetime = streamLifetime(c, clock);
    const { signal } = lifetime;
    const options = { ...inTenant(c), signal, ...(nodes === 'false' && { nodes: false }) };
    const states = client.watch(id, options)[Symbol.asyncIterator]();
    // Only once there is a run to be told of, it is a stream; else a problem document.
    const first = await states.next().catch((error: unknown) => {
      lifetime.abort();
      throw error;
    });
    const isOver = first.done || ('endedAt' in first.value && versionOf(first.value) === seen);
    if (!isOver) return eventStream(c, statesAsEvents(first.value, states, seen), lifetime, stream);
    lifetime.abort();
    // A browser would ask again and again after an end, unless it is told that there is nothing.
    return c.body(null, 204);
  });

  app.get('/events', (c) => {
    const { cursor, ...filter } = parseAs(eventsSchema, queryOf(c));
    const from = lastEventOf(c) ?? cursor;
    const lifetime = streamLifetime(c, clock);
    let position: string | undefined;
    const events = client.events({
      onCursor: (reached) => {
        position = reached;
      },
      ...filter,
      ...inTenant(c),
      signal: lifetime.signal,
      ...(from !== undefined && { cursor: from }),
    });
    return eventStream(c, changesAsEvents(events), lifetime, { ...stream, position: () => position });
  });
}

/** @throws HoldfastError `InvalidArgument` */
function lastEventOf(c: Context): string | undefined {
  const given = c.req.header('last-event-id');
  return given === undefined || given === ''
    ? undefined
    : parseAs(lastEventSchema, { 'last-event-id': given })['last-event-id'];
}

/** @param seen the version that the client knows already */
async function* statesAsEvents(
  first: Run,
  states: AsyncIterator<Run, unknown>,
  seen: string | undefined,
): AsyncGenerator<ServerEvent, void> {
  const before = versionOf(first);
  if (before !== seen) yield { id: before, event: 'run', data: first };
  for (;;) {
    const next = await states.next();
    if (next.done) return;
    yield { id: versionOf(next.value), event: 'run', data: next.value };
  }
}

const versionOf = (run: Run): string => hash('sha256', JSON.stringify(run), 'base64url').slice(0, 22);

async function* changesAsEvents(
  changes: ReturnType<ApiOptions['client']['events']>,
): AsyncGenerator<ServerEvent, void> {
  for await (const { cursor, run } of changes) yield { id: cursor, event: 'run', data: run };
}
