import pMap from 'p-map';
import { type Definition, type Registered, registeredOf } from '../define/registry.ts';
import { validate } from '../define/validate.ts';
import { HoldfastError } from '../model/errors.ts';
import { type DefinitionHash, noTenant, runId, tenantId } from '../model/ids.ts';
import type { Dispatch } from '../model/message.ts';
import type { RunKey, Run as StoredRun } from '../model/run.ts';
import { toEpochSec } from '../model/time.ts';
import { expiry, storeApart } from '../payload/payload.ts';
import { isReadable, type UnreadableRun } from '../ports/run-store.ts';
import { decideRefusedCancel, finaliseCancel, isQuiet, requestCancel } from '../protocol/cancel.ts';
import { longestDelayMs } from '../protocol/nodes/longest.ts';
import { doorbellsOf, isResubmission, submit } from '../protocol/submit.ts';
import { tracedSubmission } from '../trace/spans.ts';
import type {
  CancelOptions,
  Client,
  GetOptions,
  InTenant,
  ListOptions,
  RunRef,
  SubmitOptions,
  Submitted,
  WaitOptions,
} from './client.ts';
import { outputOf } from './finished.ts';
import { waitForEnd } from './follow.ts';
import { listRuns } from './list.ts';
import { nodeViews } from './node-view.ts';
import type { ClientPorts } from './ports.ts';
import type { DefinitionView, Run, RunPage } from './run-view.ts';
import { prepare } from './submission.ts';
import { viewOf, workerViewOf } from './view.ts';

/** The client that talks to the table and the queue itself: two requests a submission, one a look. */
export function directClient(ports: ClientPorts): Client {
  const client = new DirectClient(ports);
  const untilEnd = (run: RunRef, options: WaitOptions) =>
    waitForEnd(() => client.get(run, { ...inTenant(options), nodes: false }), ports.clock, options);
  const wait: Client['wait'] = async (run: RunRef, options = {}) => {
    const ended = await untilEnd(run, options);
    // The type of the output is the caller's word: it travels with the reference.
    return (ended.kind === 'task' ? ended : await client.get(run, inTenant(options))) as never;
  };
  return {
    submit: async (definition, input, options) =>
      (await client.submit(registeredOf(definition as Definition), input, options)) as never,
    submitByName: async (name, input, options) => client.submit(client.registered(name), input, options),
    get: (run, options) => client.get(run, options),
    list: (options) => client.list(options),
    cancel: (run, options) => client.cancel(run, options),
    wait,
    result: async (run: RunRef, options = {}) => outputOf(await untilEnd(run, options)) as never,
    workers: () => client.workers(),
    definition: (nameOrHash) => client.definition(nameOrHash),
  };
}

const dayMs = 86_400_000;

class DirectClient {
  readonly #ports: ClientPorts;
  /** The definitions whose shapes this process has stored. */
  readonly #kept = new Set<string>();

  constructor(ports: ClientPorts) {
    this.#ports = ports;
  }

  registered(name: string): Registered {
    const registered = this.#ports.registry?.byName(name);
    if (registered) return registered;
    const known = this.#ports.registry?.names().join(', ');
    throw new HoldfastError('UnknownTask', `There is no task or workflow named ${JSON.stringify(name)}`, {
      field: 'task',
      ...(known && { hint: `Registered: ${known}.` }),
    });
  }

  async submit(registered: Registered, input: unknown, options: SubmitOptions = {}): Promise<Submitted> {
    return await tracedSubmission(registered.name, options.traceparent, (traceparent) =>
      this.#submit(registered, input, { ...options, ...(traceparent !== undefined && { traceparent }) }),
    );
  }

  async #submit(registered: Registered, input: unknown, options: SubmitOptions): Promise<Submitted> {
    const { clock, payloads, pools, random, runs, settings } = this.#ports;
    const { definition } = registered;
    const parsed = await validate(definition.input, input, 'InvalidInput', 'input');
    // A task parses its input at each attempt; the nodes of a workflow get what its schema made of it.
    const value = definition.kind === 'workflow' ? parsed : input;
    const freshId = () => random.id();
    const { submission, packed } = prepare(registered, value, options, { freshId, pools, settings });
    const now = clock.now();
    await storeApart(
      payloads,
      submission,
      packed,
      expiry.ofInput(now, settings.retention, submission.delayMs + longestDelayMs(registered.shape.body)),
    );
    await this.#keepDefinition(registered);
    const { creation, dispatches } = submit(submission, now);
    const result = await runs.create(creation);
    if (result.applied) {
      await this.#ring(dispatches);
      // What was just written need not be read.
      const written = { get: async () => packed.apart ?? '' };
      return { ...(await viewOf(result.run, written, clock.now())), created: true };
    }
    const existing = this.#readable(result.run, submission);
    if (!isResubmission(existing, submission)) {
      throw new HoldfastError('IdempotencyConflict', 'The idempotency key was used for a different request', {
        field: 'idempotencyKey',
      });
    }
    // Nobody came for it yet: it may be our own, of which the answer was lost, and then nobody has rung.
    if (existing.phase === 'active' && existing.epoch === 0) await this.#ring(doorbellsOf(existing, now));
    return { ...(await this.#view(existing)), created: false };
  }

  /** The shape of a workflow, once for each hash: a run can then be drawn where its code is not. */
  async #keepDefinition({ hash, shape }: Registered): Promise<void> {
    if (shape.kind !== 'workflow' || this.#kept.has(hash)) return;
    await this.#ports.definitions.put(hash, shape);
    this.#kept.add(hash);
  }

  async #ring(dispatches: readonly Dispatch[]): Promise<void> {
    const unsent = await this.#ports.queue.send(dispatches);
    for (const { message } of unsent) {
      this.#ports.logger.warn('doorbell not sent; discovery will', { run: message.run });
    }
  }

  async get(ref: RunRef, options: GetOptions = {}): Promise<Run> {
    const key = keyOf(ref, options);
    const run = this.#readable(await this.#ports.runs.get(key), key);
    const view = await this.#view(run);
    if (run.kind === 'task' || options.nodes === false) return view;
    const { clock, history, payloads } = this.#ports;
    const earlier = run.hasHistory ? await history.list(key) : {};
    const nodes = await nodeViews(run, earlier, { payloads, now: clock.now() });
    const [startedAt] = nodes.flatMap((node) => node.startedAt ?? []).sort();
    return { ...view, ...(startedAt !== undefined && { startedAt }), nodes };
  }

  async list(options: ListOptions = {}): Promise<RunPage> {
    const { runs, cursor } = await listRuns(this.#ports.runs, options);
    const views = await pMap(runs, (run) => this.#view(run), { concurrency: 10 });
    return { runs: views, ...(cursor !== undefined && { cursor }) };
  }

  async cancel(ref: RunRef, options: CancelOptions = {}): Promise<Run> {
    const { clock, runs, settings } = this.#ports;
    const key = keyOf(ref, options);
    const { reason, by, mode = 'graceful' } = options;
    const request = { mode, ...(reason !== undefined && { reason }), ...(by !== undefined && { by }) };
    const asked = await runs.apply(requestCancel(key, request, clock.now()));
    if (!asked.applied) throw refusedCancel(this.#readable(asked.run, key));
    const now = clock.now();
    if (!isQuiet(asked.run, now)) return this.#view(asked.run);
    // Nobody works on it: it can end here, without waiting for discovery, which does it otherwise.
    const ended = await runs.apply(finaliseCancel(asked.run, now, toEpochSec(now + settings.retention)));
    return this.#view(isReadable(ended.run) ? ended.run : asked.run);
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
      hint: 'GET /definitions lists what is registered; by hash only what was submitted is known.',
    });
  }

  #view(run: StoredRun): Promise<Run> {
    return viewOf(run, this.#ports.payloads, this.#ports.clock.now());
  }

  #readable(run: StoredRun | UnreadableRun | undefined, key: RunKey): StoredRun {
    if (run === undefined) throw new HoldfastError('NotFound', `There is no run ${key.run}`, { field: 'id' });
    if (!isReadable(run))
      throw new HoldfastError('NewerSchema', `Run ${key.run} was written by a newer version`);
    return run;
  }
}

/** As `hashOf` makes them. */
const isHash = (text: string) => /^[0-9a-v]{16}$/.test(text);

function refusedCancel(run: StoredRun): HoldfastError {
  const code = decideRefusedCancel(run);
  const said =
    code === 'AlreadyFinished' ? `has ended: ${run.phase}` : 'is being cancelled or was cancelled already';
  return new HoldfastError(code, `Run ${run.run} ${said}`);
}

const inTenant = ({ tenant }: InTenant): InTenant => (tenant === undefined ? {} : { tenant });

function keyOf(ref: RunRef, options: InTenant): RunKey {
  const [id, known] = typeof ref === 'string' ? [ref, undefined] : [ref.id, ref.tenant];
  const tenant = options.tenant ?? known;
  return { tenant: tenant === undefined ? noTenant : tenantId(tenant), run: runId(id) };
}
