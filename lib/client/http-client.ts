import { systemClock } from '../compose/system.ts';
import { HoldfastError } from '../model/errors.ts';
import { runId, tenantId } from '../model/ids.ts';
import { serialize } from '../model/serialize.ts';
import { isTraceparent } from '../model/traceparent.ts';
import type { Clock } from '../ports/clock.ts';
import type {
  Client,
  GetOptions,
  ListOptions,
  RunRef,
  SubmitOptions,
  Submitted,
  WaitOptions,
} from './client.ts';
import { outputOf } from './finished.ts';
import { waitForEnd } from './follow.ts';
import {
  createTransport,
  type HttpAnswer,
  type HttpOptions,
  type HttpRequest,
  type Transport,
} from './http-transport.ts';
import type { DefinitionView, FinishedRun, Run, RunPage, WorkerView } from './run-view.ts';

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
 * Values travel as plain JSON: an `undefined` as a whole input or output survives, an undefined property is left out.
 * An undefined item of an array is refused in an input (`NotSerializable`) and arrives as null in an output.
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
    get,
    wait,
    submit: async <Output>(
      { kind, name }: { readonly kind: 'task' | 'workflow'; readonly name: string },
      input: unknown,
      options?: SubmitOptions,
    ) => (await submit(send, { kind, name }, input, options)) as Submitted<Output>,
    submitByName: (name, input, options) => submit(send, { kind: 'task', name }, input, options),
    list: async (options = {}) => pageFrom(await send(listRequest(options))),
    cancel: async (run, { tenant, ...body } = {}) => {
      const path = `/runs/${idOf(run)}/cancel`;
      return runFrom(await send({ method: 'POST', path, headers: tenantHeaders(run, tenant), body }));
    },
    result: async <Output>(run: RunRef<Output>, options: WaitOptions = {}) =>
      outputOf(await untilEnd(run, options)) as Output,
    workers: async () => workersFrom(await send({ method: 'GET', path: '/workers' })),
    definition: async (nameOrHash) =>
      definitionFrom(await send({ method: 'GET', path: `/definitions/${runId(nameOrHash)}` })),
  };
}

async function submit(
  send: Transport,
  { kind, name }: { readonly kind: 'task' | 'workflow'; readonly name: string },
  input: unknown,
  { tenant, traceparent, ...options }: SubmitOptions = {},
): Promise<Submitted> {
  checkCarried(input);
  const answer = await send({
    method: 'POST',
    path: kind === 'workflow' ? '/runs' : '/tasks',
    headers: { ...tenantHeaders('', tenant), ...(isTraceparent(traceparent) ? { traceparent } : {}) },
    body: { [kind]: name, input, ...options },
  });
  return { ...runFrom(answer), created: answer.status === 202 };
}

/** @throws HoldfastError `NotSerializable` for what JSON would change without a word. */
function checkCarried(input: unknown): void {
  serialize(input, 'input');
  checkItems(input, 'input');
}

function checkItems(value: unknown, path: string): void {
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value) && value.includes(undefined)) {
    const field = `${path}.${value.indexOf(undefined)}`;
    throw new HoldfastError('NotSerializable', `${field} is undefined, which JSON would turn into null`, {
      field,
    });
  }
  for (const [key, inner] of Object.entries(value)) checkItems(inner, `${path}.${key}`);
}

function listRequest({ tenant, ...query }: ListOptions): HttpRequest {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) params.set(name, String(value));
  const path = params.size === 0 ? '/runs' : `/runs?${params}`;
  return { method: 'GET', path, headers: tenantHeaders('', tenant) };
}

const inTenant = ({ tenant }: WaitOptions) => (tenant === undefined ? {} : { tenant });

/** Checked, for it becomes a part of the path. @throws HoldfastError `InvalidArgument` */
const idOf = (run: RunRef) => runId(typeof run === 'string' ? run : run.id);

function tenantHeaders(run: RunRef, tenant: string | undefined): Record<string, string> {
  const named = tenant ?? (typeof run === 'string' ? undefined : run.tenant);
  return named === undefined ? {} : { 'x-holdfast-tenant': tenantId(named) };
}

function runFrom({ body }: HttpAnswer): Run {
  if (typeof body.id !== 'string' || typeof body.status !== 'string') throw unexpected('a run');
  // An undefined output does not travel; that the run succeeded says that it has one.
  const run = body.status === 'succeeded' ? { output: undefined, ...body } : body;
  return { input: undefined, ...run } as unknown as Run;
}

function pageFrom({ body }: HttpAnswer): RunPage {
  if (!Array.isArray(body.runs)) throw unexpected('a list of runs');
  return { ...body, runs: body.runs.map((run) => runFrom({ status: 200, body: run ?? {} })) };
}

function workersFrom({ body }: HttpAnswer): readonly WorkerView[] {
  if (!Array.isArray(body.workers)) throw unexpected('a list of workers');
  return body.workers;
}

function definitionFrom({ body }: HttpAnswer): DefinitionView {
  if (typeof body.hash !== 'string' || typeof body.shape !== 'object') throw unexpected('a definition');
  return body as unknown as DefinitionView;
}

function unexpected(what: string): HoldfastError {
  return new HoldfastError('ApiProblem', `The answer is not ${what}`, {
    hint: 'Check that the URL is that of a Holdfast API.',
  });
}
