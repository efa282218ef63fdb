import { systemClock } from '../compose/system.ts';
import { runId } from '../model/ids.ts';
import type { Clock } from '../ports/clock.ts';
import type { Client, GetOptions, ListOptions, RunRef, WaitOptions } from './client.ts';
import { outputOf } from './finished.ts';
import { waitForEnd } from './follow.ts';
import {
  countsFrom,
  definitionFrom,
  definitionsFrom,
  pageFrom,
  queuesFrom,
  redriveFrom,
  runFrom,
  workersFrom,
} from './http-answers.ts';
import { eventRequests } from './http-events.ts';
import { idOf, queryText, runRequests, tenantHeaders } from './http-requests.ts';
import { submissions, tenantHeader } from './http-submission.ts';
import {
  createStreamTransport,
  createTransport,
  type HttpOptions,
  type HttpRequest,
} from './http-transport.ts';
import type { FinishedRun, Run } from './run-view.ts';

export interface HttpClientOptions extends HttpOptions {
  /** Default: this machine's. */
  readonly clock?: Clock;
}

/** A client whose looks at a run can be interrupted. */
export interface HttpClient extends Client {
  get(run: RunRef, options?: GetOptions & { readonly signal?: AbortSignal }): Promise<Run>;
}

/**
 * A client over the HTTP API; it works in browsers too. Errors carry the same codes as those of a client beside the
 * table, and `ApiUnreachable` when nobody answers.
 *
 * Values travel as plain JSON: an `undefined` as a whole input, payload or output survives, an undefined property is left
 * out. An undefined item of an array is refused in an input or payload (`NotSerializable`) and arrives as null in an
 * output.
 *
 * @throws HoldfastError `InvalidArgument` when the URL is none that can be requested
 */
export function createHttpClient(options: HttpClientOptions): HttpClient {
  const send = createTransport(options);
  const clock = options.clock ?? systemClock;
  const get: HttpClient['get'] = async (run, { nodes = true, tenant, signal } = {}) => {
    const answer = await send({
      method: 'GET',
      path: `/runs/${idOf(run)}${nodes ? '' : '?nodes=false'}`,
      headers: tenantHeaders(run, tenant),
      ...(signal ? { signal } : {}),
    });
    return runFrom(answer);
  };
  const untilEnd = (run: RunRef, options: WaitOptions) =>
    waitForEnd((signal) => get(run, { ...inTenant(options), nodes: false, signal }), clock, options);
  const wait: Client['wait'] = async <Output>(run: RunRef<Output>, options: WaitOptions = {}) => {
    const ended = await untilEnd(run, options);
    // The caller's type of the output is the caller's word: over HTTP nothing else knows it.
    const whole = ended.kind === 'task' ? ended : await get(run, inTenant(options));
    return whole as FinishedRun<Output>;
  };

  return {
    ...submissions(send),
    ...runRequests(send),
    ...eventRequests(createStreamTransport(options), clock),
    get,
    wait,
    counts: async ({ since, tenant } = {}) => {
      const path = `/counts${queryText({ since })}`;
      return countsFrom(await send({ method: 'GET', path, headers: tenantHeader(tenant) }));
    },
    list: async (options = {}) => pageFrom(await send(listRequest(options))),
    result: async <Output>(run: RunRef<Output>, options: WaitOptions = {}) =>
      outputOf(await untilEnd(run, options)) as Output,
    workers: async () => workersFrom(await send({ method: 'GET', path: '/workers' })),
    queues: async () => queuesFrom(await send({ method: 'GET', path: '/queues' })),
    redrive: async (pool) => {
      const path = `/queues/${encodeURIComponent(pool)}/redrive`;
      return redriveFrom(await send({ method: 'POST', path }));
    },
    definitions: async () => definitionsFrom(await send({ method: 'GET', path: '/definitions' })),
    definition: async (nameOrHash) =>
      definitionFrom(await send({ method: 'GET', path: `/definitions/${runId(nameOrHash)}` })),
  };
}

function listRequest({ tenant, ...query }: ListOptions): HttpRequest {
  return { method: 'GET', path: `/runs${queryText(query)}`, headers: tenantHeader(tenant) };
}

const inTenant = ({ tenant }: WaitOptions) => (tenant === undefined ? {} : { tenant });
