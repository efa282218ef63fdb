import pMap from 'p-map';
import { type Definition, type Registered, registeredOf } from '../define/registry.ts';
import { HoldfastError } from '../model/errors.ts';
import type { DefinitionHash } from '../model/ids.ts';
import { payloadBytesMax } from '../model/payload.ts';
import type { ExecutionLabel, Run as StoredRun } from '../model/run.ts';
import { createBatch, type PreparedEntry } from '../submission/create-batch.ts';
import { type CreateOptions, createRun } from '../submission/create-run.ts';
import { aboutRun, tracedSubmission } from '../trace/submission.ts';
import { listAttempts } from './attempts.ts';
import type {
  Client,
  GetOptions,
  InTenant,
  ListOptions,
  RunRef,
  SubmitOptions,
  Submitted,
  WaitOptions,
  WatchOptions,
} from './client.ts';
import { cancelRun, pauseRun, resumeRun } from './control.ts';
import { costOf } from './cost.ts';
import { countRuns } from './counts.ts';
import { listDefinitions } from './definitions.ts';
import { runEvents } from './events.ts';
import { asRequested, executionOf } from './execute.ts';
import { readExecution } from './execution.ts';
import type { ExecutionRequest } from './execution-view.ts';
import { isFinished, isWhole, outputOf } from './finished.ts';
import { changesOf, waitForEnd } from './follow.ts';
import { keyOf, readRun } from './key.ts';
import { listRuns } from './list.ts';
import { cancelMany, pauseMany, resumeMany, retryMany } from './many.ts';
import { nearestName } from './nearest.ts';
import { nodeViews } from './node-view.ts';
import type { ClientPorts } from './ports.ts';
import { readQueues } from './queues.ts';
import { retriedAsOf, retryFailed } from './retry.ts';
import type { DefinitionView, FinishedRun, Run, RunPage } from './run-view.ts';
import { sharedQueries } from './shared-queries.ts';
import { signalRun } from './signal.ts';
import { shownBytesMax, viewOf, workerViewOf } from './view.ts';
import { whyRun } from './why.ts';

/** The client that talks to the table and the queue itself: two requests a submission, one a look. */
export function directClient(ports: ClientPorts): Client {
  const client = new DirectClient(ports);
  const shared = sharedQueries(ports.runs, ports.clock);
  const untilEnd = (run: RunRef, options: WaitOptions) =>
    waitForEnd(
      () => client.get(run, { ...inTenant(options), nodes: false, valueBytesMax: shownBytesMax }),
      ports.clock,
      options,
    );
  // Large values are read once, when the run has ended.
  const wholly = async (ended: FinishedRun, options: GetOptions): Promise<FinishedRun> =>
    isWhole(ended) ? ended : ((await client.get(ended, options)) as FinishedRun);
  const wait: Client['wait'] = async (run: RunRef, options = {}) => {
    const ended = await untilEnd(run, options);
    // The type of the output is the caller's word: it travels with the reference.
    if (ended.kind === 'workflow') return (await client.get(run, inTenant(options))) as never;
    return (await wholly(ended, inTenant(options))) as never;
  };
  return {
    submit: async (definition, input, options) =>
      (await client.submit(registeredOf(definition as Definition), input, options)) as never,
    submitByName: async (name, input, options) => client.submit(client.registered(name), input, options),
    get: (run, options) => client.get(run, options),
    list: (options) => client.list(options),
    counts: (options) => countRuns(shared, options),
    submitAll: async (entries, options) =>
      (await client.submitAll(
        entries.map(({ task, ...entry }) => ({ ...entry, registered: registeredOf(task as Definition) })),
        options,
      )) as never,
    submitAllByName: async (entries, options) =>
      client.submitAll(
        entries.map(({ task, ...entry }, index) => ({
          ...entry,
          registered: client.registered(task, `${index}.task`),
        })),
        options,
      ),
    cancel: async (run, options) => client.view(await cancelRun(ports, keyOf(run, options), options)),
    pause: async (run, options) => client.view(await pauseRun(ports, keyOf(run, options), options)),
    resume: async (run, options) => client.view(await resumeRun(ports, keyOf(run, options), options)),
    signal: async (run, name, payload, options) =>
      client.view(await signalRun(ports, keyOf(run, options), { name, payload, id: options?.id })),
    retry: async (run, options) => {
      const retried = await retryFailed(ports, keyOf(run, options), options);
      return { ...(await client.view(retried.run)), created: retried.created };
    },
    retryAll: (filter, options) => retryMany(ports, filter, options),
    cancelAll: (filter, options) => cancelMany(ports, filter, options),
    pauseAll: (filter, options) => pauseMany(ports, filter, options),
    resumeAll: (filter, options) => resumeMany(ports, filter, options),
    execute: (request) => client.execute(request),
    execution: (id, { organization } = {}) => readExecution(ports, id, organization),
    attempts: (run, options = {}) => listAttempts(ports, keyOf(run, options), options),
    why: (run, options) => whyRun(ports, keyOf(run, options)),
    cost: (run, options = {}) => costOf(ports, keyOf(run, options), options),
    wait,
    result: async (run: RunRef, options = {}) => {
      const ended = await untilEnd(run, options);
      return outputOf(await wholly(ended, { ...inTenant(options), nodes: false })) as never;
    },
    watch: ((run: RunRef, options: WatchOptions = {}) =>
      changesOf(
        async () => {
          const seen = await client.get(run, { ...options, valueBytesMax: shownBytesMax });
          // How it ended is told once.
          return isFinished(seen) && !isWhole(seen)
            ? await client.get(run, { ...options, valueBytesMax: payloadBytesMax })
            : seen;
        },
        ports.clock,
        options,
      )) as Client['watch'],
    events: (options) =>
      runEvents(
        { runs: shared, clock: ports.clock, view: (run) => client.view(run, shownBytesMax) },
        options,
      ),
    workers: () => client.workers(),
    queues: () => readQueues(ports),
    redrive: async (pool) => ({ pool, messages: await ports.poolQueues.redrive(pool) }),
    definitions: async () => (ports.registry ? listDefinitions(ports.registry) : []),
    definition: (nameOrHash) => client.definition(nameOrHash),
  };
}

const dayMs = 86_400_000;

class DirectClient {
  readonly #ports: ClientPorts;

  constructor(ports: ClientPorts) {
    this.#ports = ports;
  }

  /** @param field how an error calls it */
  registered(name: string, field = 'task'): Registered {
    const registered = this.#ports.registry?.byName(name);
    if (registered) return registered;
    const known = this.#ports.registry?.names().join(', ');
    throw new HoldfastError('UnknownTask', `There is no task or workflow named ${JSON.stringify(name)}`, {
      field,
      ...(known && { hint: `${this.#meant(name)}Registered: ${known}.` }),
    });
  }

  async execute(request: ExecutionRequest): Promise<Submitted> {
    const { execution, input, options, registered } = executionOf(this.#ports, request);
    try {
      return await this.submit(registered, input, options, execution);
    } catch (error) {
      throw asRequested(error, request);
    }
  }

  async submit(
    registered: Registered,
    input: unknown,
    given: SubmitOptions = {},
    execution?: ExecutionLabel,
  ): Promise<Submitted> {
    const submit = (traceparent: string | undefined) => {
      const options = { ...given, ...(traceparent !== undefined && { traceparent }) };
      return this.#submit(registered, input, { options, execution });
    };
    return await tracedSubmission(registered.name, given.traceparent, submit, ({ id }) => aboutRun(id));
  }

  async #submit(registered: Registered, input: unknown, options: CreateOptions): Promise<Submitted> {
    const { created, packed, run } = await createRun(this.#ports, registered, input, options);
    if (!created) return { ...(await this.view(run)), created };
    // What was just written need not be read.
    const written = { get: async () => packed.apart?.text ?? '' };
    return { ...(await viewOf(run, written, this.#ports.clock.now())), created };
  }

  async submitAll(entries: readonly PreparedEntry[], options: InTenant = {}): Promise<readonly Submitted[]> {
    const runs = await tracedSubmission(
      'batch',
      undefined,
      (traceparent) =>
        createBatch(
          this.#ports,
          entries.map((entry) => (traceparent === undefined ? entry : { traceparent, ...entry })),
          options,
        ),
      (all) => ({ 'messaging.batch.message_count': all.length }),
    );
    return await pMap(runs, async ({ created, run }) => ({ ...(await this.view(run)), created }), {
      concurrency: 10,
    });
  }

  async get(ref: RunRef, options: GetOptions = {}): Promise<Run> {
    const key = keyOf(ref, options);
    const run = await readRun(this.#ports, key);
    const retriedAs = options.nodes === false ? undefined : await retriedAsOf(this.#ports, run);
    const view = {
      ...(await this.view(run, options.valueBytesMax ?? Number.POSITIVE_INFINITY)),
      ...(retriedAs !== undefined && { retriedAs }),
    };
    if (run.kind === 'task' || options.nodes === false) return view;
    const { clock, history, payloads } = this.#ports;
    const earlier = run.hasHistory ? await history.list(key) : {};
    const nodes = await nodeViews(run, earlier, { payloads, now: clock.now() });
    const [startedAt] = nodes.flatMap((node) => node.startedAt ?? []).sort();
    return { ...view, ...(startedAt !== undefined && { startedAt }), nodes };
  }

  async list(options: ListOptions = {}): Promise<RunPage> {
    const { runs, cursor } = await listRuns(this.#ports.runs, options, this.#ports.clock.now());
    const views = await pMap(runs, (run) => this.view(run, shownBytesMax), { concurrency: 10 });
    return { runs: views, ...(cursor !== undefined && { cursor }) };
  }

  async workers() {
    const now = this.#ports.clock.now();
    const known = await this.#ports.workers.list();
    // The store deletes old records in its own time.
    const recent = known.filter((worker) => worker.lastSeenAt > now - dayMs);
    return recent.map((worker) => workerViewOf(worker, now));
  }

  async definition(nameOrHash: string): Promise<DefinitionView> {
    const { definitions, registry } = this.#ports;
    const hash = nameOrHash as DefinitionHash;
    const registered = registry?.byName(nameOrHash) ?? registry?.byHash(hash);
    if (registered) {
      const { definition, name, shape } = registered;
      const version = definition.kind === 'workflow' ? { version: definition.version } : {};
      return { name, kind: shape.kind, hash: registered.hash, ...version, shape };
    }
    const shape = isHash(nameOrHash) ? await definitions.get(hash) : undefined;
    if (shape) return { name: shape.name, kind: shape.kind, hash, shape };
    throw new HoldfastError('NotFound', `There is no definition ${JSON.stringify(nameOrHash.slice(0, 80))}`, {
      field: 'definition',
      hint: `${this.#meant(nameOrHash)}GET /definitions lists what is registered; by hash only what was submitted is known.`,
    });
  }

  /** For who has mistyped a name. */
  #meant(name: string): string {
    const meant = nearestName(name, this.#ports.registry?.names() ?? []);
    return meant === undefined ? '' : `Did you mean ${meant}? `;
  }

  /** By default without what lies in a bucket. */
  view(run: StoredRun, valueBytesMax = payloadBytesMax): Promise<Run> {
    return viewOf(run, this.#ports.payloads, this.#ports.clock.now(), valueBytesMax);
  }
}

/** As `hashOf` makes them. */
const isHash = (text: string) => /^[0-9a-v]{16}$/.test(text);

const inTenant = ({ tenant }: InTenant): InTenant => (tenant === undefined ? {} : { tenant });
