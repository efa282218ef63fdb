import { HoldfastError } from '../model/errors.ts';
import { runId } from '../model/ids.ts';
import { isTraceparent } from '../model/traceparent.ts';
import type {
  AttemptsOptions,
  Client,
  InTenant,
  ManyOptions,
  ManyRuns,
  RetriedRun,
  RetryOptions,
  RunFilter,
  RunRef,
  SteeredRun,
} from './client.ts';
import type { ExecutionRequest } from './execution-view.ts';
import {
  attemptsFrom,
  costFrom,
  executionFrom,
  isExecution,
  manyFrom,
  runFrom,
  submittedFrom,
  whyFrom,
} from './http-answers.ts';
import { checkCarried, tenantHeader } from './http-submission.ts';
import type { HttpRequest, Transport } from './http-transport.ts';
import { signalName } from './signal-name.ts';

type RunRequests = Pick<
  Client,
  | ('cancel' | 'pause' | 'resume' | 'signal')
  | ('retry' | 'retryAll' | 'why' | 'attempts' | 'cost')
  | ('cancelAll' | 'pauseAll' | 'resumeAll')
  | ('execute' | 'execution')
>;

/** What people ask of runs that are there, over HTTP. */
export function runRequests(send: Transport): RunRequests {
  const ask = <Options extends InTenant>(run: RunRef, what: string, options?: Options) => {
    const { tenant, ...body } = options ?? {};
    const headers = tenantHeaders(run, tenant);
    return send({ method: 'POST', path: `/runs/${idOf(run)}/${what}`, headers, body });
  };
  return {
    cancel: async (run, options) => runFrom(await ask(run, 'cancel', options)),
    pause: async (run, options) => runFrom(await ask(run, 'pause', options)),
    resume: async (run, options) => runFrom(await ask(run, 'resume', options)),
    signal: async (run, name, payload, options) => {
      checkCarried(payload, 'payload');
      return runFrom(await ask(run, `signals/${signalName(name)}`, { ...options, payload }));
    },
    retry: async (run, options = {}) => {
      checkEdited(options);
      return submittedFrom(await ask(run, 'retry', options));
    },
    retryAll: (filter, options) => doneToMany(send, '/retries', filter, options),
    cancelAll: (filter, options) => doneToMany(send, '/cancellations', filter, options),
    pauseAll: (filter, options) => doneToMany(send, '/pauses', filter, options),
    resumeAll: (filter, options) => doneToMany(send, '/resumptions', filter, options),
    execute: async (request) => submittedFrom(await send(executionRequest(request))),
    execution: async (id, { organization } = {}) => {
      const path = `/executions/${runId(id)}${queryText({ organization })}`;
      return executionFrom(await send({ method: 'GET', path, isAnswer: isExecution }));
    },
    attempts: async (run, options) => attemptsFrom(await send(attemptsRequest(run, options))),
    cost: async (run, { tenant, ...query } = {}) => {
      const path = `/runs/${idOf(run)}/cost${queryText(query)}`;
      return costFrom(await send({ method: 'GET', path, headers: tenantHeaders(run, tenant) }));
    },
    why: async (run, { tenant } = {}) => {
      const headers = tenantHeaders(run, tenant);
      return whyFrom(await send({ method: 'GET', path: `/runs/${idOf(run)}/why`, headers }));
    },
  };
}

/** Checked, for it becomes a part of the path. @throws HoldfastError `InvalidArgument` */
export const idOf = (run: RunRef) => runId(typeof run === 'string' ? run : run.id);

/** @throws HoldfastError `InvalidArgument` */
export const tenantHeaders = (run: RunRef, tenant: string | undefined) =>
  tenantHeader(tenant ?? (typeof run === 'string' ? undefined : run.tenant));

function executionRequest({ traceparent, ...body }: ExecutionRequest): HttpRequest {
  checkCarried(body.parameters, 'parameters');
  return {
    method: 'POST',
    path: '/executions',
    // The key goes with the body: a header holds no more than Latin-1, and loses spaces at its ends.
    headers: { ...(isTraceparent(traceparent) && { traceparent }) },
    body: { ...body, parameters: body.parameters ?? null },
  };
}

function attemptsRequest(run: RunRef, { tenant, ...query }: AttemptsOptions = {}): HttpRequest {
  const path = `/runs/${idOf(run)}/attempts${queryText(query)}`;
  return { method: 'GET', path, headers: tenantHeaders(run, tenant) };
}

/** With its question mark, where there is anything to ask. */
export function queryText(query: Readonly<Record<string, unknown>>): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) params.set(name, String(value));
  return params.size === 0 ? '' : `?${params}`;
}

/** An edited input that is undefined would arrive as none, and the run would be tried again with the old one. */
function checkEdited(options: RetryOptions): void {
  if (!('input' in options)) return;
  checkCarried(options.input, 'input');
  if (options.input !== undefined) return;
  throw new HoldfastError('NotSerializable', 'input is undefined, which does not travel as an edited input', {
    field: 'input',
    hint: 'Leave it out to try again with the same input, or send null.',
  });
}

/** It is done to one after the other. */
const manyMsMax = 300_000;

/** One request looks at a part of the index only: it is followed until enough were found, or no more are left. */
async function doneToMany<Row extends RetriedRun | SteeredRun>(
  send: Transport,
  path: string,
  { cursor: from, limit = 100, tenant, ...filter }: RunFilter = {},
  { pages, ...options }: ManyOptions = {},
): Promise<ManyRuns<Row>> {
  const runs: Row[] = [];
  for (let cursor = from; ; ) {
    const body = {
      ...filter,
      ...options,
      limit: limit - runs.length,
      ...(cursor !== undefined && { cursor }),
    };
    const request = {
      method: 'POST',
      path,
      headers: tenantHeader(tenant),
      body,
      answerMsMax: manyMsMax,
    } as const;
    const page = manyFrom<Row>(await send(request));
    runs.push(...page.runs);
    cursor = page.cursor;
    if (cursor === undefined) return { runs };
    if (runs.length >= limit || pages !== undefined) return { runs, cursor };
  }
}
