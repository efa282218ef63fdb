import type { AttemptView } from '../../lib/client/attempt-view.ts';
import type {
  Client,
  ManyRuns,
  NamedBatchEntry,
  RunRef,
  SteeredRun,
  SubmitOptions,
  Submitted,
  WatchOptions,
} from '../../lib/client/client.ts';
import type { RunCost } from '../../lib/client/cost-view.ts';
import { executionResult, noExecution } from '../../lib/client/execution-result.ts';
import { outputOf } from '../../lib/client/finished.ts';
import { changesOf } from '../../lib/client/follow.ts';
import type { ActiveRun, FailedRun, Run, RunPage, SucceededRun } from '../../lib/client/run-view.ts';
import { systemClock } from '../../lib/compose/system.ts';
import { readSpent } from '../../lib/cost/spent-text.ts';
import type { Shape } from '../../lib/model/definition.ts';
import { HoldfastError } from '../../lib/model/errors.ts';

export interface Submission {
  readonly task: string;
  readonly input: unknown;
  readonly options: SubmitOptions;
}

const noon = '2030-01-01T12:00:00.000Z';

export const activeRun = (over: Partial<ActiveRun> = {}): ActiveRun => ({
  id: 'r1',
  tenant: '-',
  task: 'echo',
  kind: 'task',
  hash: 'h',
  input: { a: 1 },
  priority: 'normal',
  tags: [],
  attempt: 0,
  maxAttempts: 3,
  createdAt: noon,
  status: 'ready',
  ...over,
});
const ended = { startedAt: noon, endedAt: noon, durationMs: 12, attempt: 1, workerId: 'w1' };
export const succeededRun = (output: unknown, over: Partial<SucceededRun> = {}): SucceededRun => ({
  ...activeRun(),
  ...ended,
  status: 'succeeded',
  output,
  ...over,
});
export const failedRun = (over: Partial<FailedRun> = {}): FailedRun => ({
  ...activeRun(),
  ...ended,
  status: 'failed',
  error: { type: 'TypeError', message: 'no such thing', attempt: 1, workerId: 'w1' },
  ...over,
});

/** Of a single task: its submission, and the node that made one attempt of two. */
export const runCost: RunCost = {
  id: 'r1',
  region: 'us-east-1',
  pricesAsOf: 'November 2026',
  dollars: 0.00000523,
  byService: { dynamodb: 0.00000475, sqs: 0.00000048, s3: 0, lambda: 0 },
  usage: readSpent('w4i3q5040'),
  parts: [
    { dollars: 0.00000165, usage: readSpent('w1i1q2520') },
    { node: 'task', dollars: 0.00000358, usage: readSpent('w3i2q2520') },
  ],
  final: true,
};

export const attemptView: AttemptView = {
  node: 'task',
  attempt: 1,
  outcome: 'retrying',
  workerId: 'w1',
  startedAt: noon,
  endedAt: noon,
  durationMs: 12,
  error: { type: 'TypeError', message: 'no such thing', attempt: 1, workerId: 'w1' },
  logs: [
    { at: noon, level: 'info', message: 'begun', fields: { page: 1 } },
    { at: noon, level: 'warn', message: '2 lines are left out', leftOut: 2 },
  ],
  variables: { page: 1 },
  resources: { peakMemoryMb: 50, userCpuSeconds: 0.5, systemCpuSeconds: 0.1, shared: true },
};

export const orderHash = '0123456789abcdef';
export const orderShape: Shape = {
  kind: 'workflow',
  name: 'order',
  body: [
    { kind: 'step', id: 'validate', task: 'validate', priority: 'high' },
    {
      kind: 'fork',
      id: 'confirm',
      branches: [
        { name: 'payment', body: [{ kind: 'step', id: 'charge', task: 'charge', leaseMs: 1_000 }] },
        { name: 'stock', body: [{ kind: 'delay', id: 'settle', delayMs: 1_000 }] },
      ],
      join: { kind: 'map', id: 'confirm' },
    },
    {
      kind: 'branch',
      id: 'route',
      routes: [{ key: 'express', body: [] }],
      otherwise: [{ kind: 'map', id: 'plain' }],
    },
    {
      kind: 'loop',
      id: 'poll',
      body: [{ kind: 'step', id: 'check', task: 'check', decides: true }],
      maxIterations: 20,
      onMax: 'fail',
    },
  ],
};

/**
 * A client over a map: enough of one for the mapping between HTTP and the port. It knows the task `echo` and the
 * workflow `order` only.
 */
export class FakeClient implements Client {
  readonly submitted: Submission[] = [];
  readonly calls: unknown[][] = [];
  /** What it lists, page by page, instead of all its runs. */
  pages: readonly RunPage[] = [];
  readonly runs = new Map<string, Run>();
  /** Thrown by every method, if there is one. */
  failure: { readonly thrown: unknown } | undefined;

  put(run: Run): void {
    this.runs.set(`${run.tenant}/${run.id}`, run);
  }

  readonly submitByName: Client['submitByName'] = async (task, input, options = {}) => {
    this.#called('submit', task, input, options);
    if (task !== 'echo' && task !== 'order')
      throw new HoldfastError('UnknownTask', 'There is no such task', { field: 'task' });
    this.submitted.push({ task, input, options });
    const id = options.idempotencyKey === undefined ? `r${this.submitted.length}` : 'keyed';
    const tenant = options.tenant ?? '-';
    const existing = this.runs.get(`${tenant}/${id}`);
    if (existing && JSON.stringify(existing.input) !== JSON.stringify(input)) {
      throw new HoldfastError('IdempotencyConflict', 'The key was used already', { field: 'idempotencyKey' });
    }
    const kind = task === 'echo' ? 'task' : 'workflow';
    const run = existing ?? activeRun({ id, tenant, task, kind, input });
    this.put(run);
    return { ...run, created: existing === undefined };
  };

  readonly submit: Client['submit'] = async (task, input, options) =>
    (await this.submitByName(task.name, input, options)) as Submitted<never>;

  readonly get: Client['get'] = async (ref, options = {}) => {
    this.#called('get', ref, options);
    const id = typeof ref === 'string' ? ref : ref.id;
    const run = this.runs.get(`${options.tenant ?? '-'}/${id}`);
    if (!run) throw new HoldfastError('NotFound', `There is no run ${id}`, { field: 'id' });
    return run;
  };

  readonly list: Client['list'] = async (options = {}) => {
    this.#called('list', options);
    const [page, ...pages] = this.pages;
    this.pages = pages;
    if (page) return page;
    return { runs: [...this.runs.values()], cursor: 'next' };
  };

  readonly cancel: Client['cancel'] = async (ref, options = {}) => {
    this.#called('cancel', ref, options);
    const run = await this.get(ref, options);
    if ('endedAt' in run) throw new HoldfastError('AlreadyFinished', `Run ${run.id} has ended`);
    return { ...run, cancel: { mode: options.mode ?? 'graceful', since: noon } };
  };

  readonly submitAllByName: Client['submitAllByName'] = async (entries, options = {}) => {
    this.#called('submitAll', entries, options);
    return await Promise.all(
      entries.map(({ task, input, ref: _ref, ...entry }: NamedBatchEntry) =>
        this.submitByName(task, input, { ...entry, ...options }),
      ),
    );
  };

  readonly submitAll: Client['submitAll'] = async (entries, options) => {
    const named = entries.map(({ task, ...entry }) => ({ ...entry, task: task.name }));
    return (await this.submitAllByName(named, options)) as never;
  };

  readonly pause: Client['pause'] = async (ref, options = {}) => {
    this.#called('pause', ref, options);
    const run = await this.get(ref, options);
    if (run.status === 'paused') throw new HoldfastError('AlreadyPaused', `Run ${run.id} is paused already`);
    return activeRun({ status: 'paused', pause: { mode: options.mode ?? 'graceful', since: noon } });
  };

  readonly resume: Client['resume'] = async (ref, options = {}) => {
    this.#called('resume', ref, options);
    const run = await this.get(ref, options);
    if (run.status !== 'paused') throw new HoldfastError('NotPaused', `Run ${run.id} is not paused`);
    return activeRun({ resumed: { since: noon } });
  };

  readonly counts: Client['counts'] = async (options = {}) => {
    this.#called('counts', options);
    return { active: 3, paused: 0, succeeded: 2, failed: 1, cancelled: 0, skipped: 0, more: ['active'] };
  };

  readonly signal: Client['signal'] = async (ref, name, payload, options = {}) => {
    this.#called('signal', ref, name, payload, options);
    if (name !== 'approved')
      throw new HoldfastError('UnknownSignal', 'There is no such signal', { field: 'name' });
    return await this.get(ref, options);
  };

  readonly retry: Client['retry'] = async (ref, options = {}) => {
    this.#called('retry', ref, options);
    const { id, status } = await this.get(ref, options);
    if (status !== 'failed') throw new HoldfastError('NotFailed', `Run ${id} is ${status}`);
    const existing = this.runs.get(`-/${id}~2`);
    const run = existing ?? activeRun({ id: `${id}~2`, retryOf: id });
    this.put(run);
    return { ...run, created: existing === undefined };
  };

  readonly retryAll: Client['retryAll'] = async (filter, options) => {
    this.#called('retryAll', filter, options);
    const failed = [...this.runs.values()].filter(({ status }) => status === 'failed');
    const runs = failed.map(({ id, task, retryOf }) => {
      if (options?.dryRun) return { id, task };
      // Such as one whose dependency failed.
      if (retryOf !== undefined) return { id, task, error: { code: 'NotFailed', message: 'did not begin' } };
      return { id, task, retry: `${id}~2` };
    });
    return { runs };
  };

  readonly cancelAll: Client['cancelAll'] = async (...asked) => this.#steer('cancelAll', ...asked);
  readonly pauseAll: Client['pauseAll'] = async (...asked) => this.#steer('pauseAll', ...asked);
  readonly resumeAll: Client['resumeAll'] = async (...asked) => this.#steer('resumeAll', ...asked);

  #steer(verb: string, ...asked: readonly unknown[]): ManyRuns<SteeredRun> {
    this.#called(verb, ...asked);
    const runs = [...this.runs.values()].map((run) => {
      const { id, status, task } = run;
      // Such as one that ended in the meantime.
      if ('endedAt' in run)
        return { id, task, status, error: { code: 'AlreadyFinished', message: 'has ended' } };
      return { id, task, status };
    });
    return { runs };
  }

  readonly execute: Client['execute'] = async (request) => {
    this.#called('execute', request);
    if (request.code) throw new HoldfastError('StoredCodeDisabled', 'not here', { field: 'code' });
    const { functionName, idempotencyKey, organization, parameters } = request;
    return await this.submitByName(functionName, parameters, {
      ...(organization !== undefined && { tenant: organization }),
      ...(idempotencyKey !== undefined && { idempotencyKey }),
    });
  };

  readonly execution: Client['execution'] = async (id, options = {}) => {
    this.#called('execution', id, options);
    const run = this.runs.get(`${options.organization ?? '-'}/${id}`);
    return run ? executionResult(run, [attemptView], Date.parse(noon)) : noExecution(id);
  };

  readonly attempts: Client['attempts'] = async (ref, options = {}) => {
    this.#called('attempts', ref, options);
    await this.get(ref, options);
    return { attempts: [attemptView], cursor: 'next' };
  };

  readonly cost: Client['cost'] = async (ref, options = {}) => {
    this.#called('cost', ref, options);
    const { id } = await this.get(ref, options);
    return { ...runCost, id, region: options.region ?? 'us-east-1' };
  };

  readonly why: Client['why'] = async (ref, options = {}) => {
    this.#called('why', ref, options);
    const { id, status } = await this.get(ref, options);
    return { id, status, cause: 'signal', message: 'It waits for the signal approved.', signal: 'approved' };
  };

  readonly wait: Client['wait'] = async () => {
    throw new Error('the API does not wait');
  };
  readonly result: Client['result'] = async (ref: Parameters<Client['get']>[0]) =>
    outputOf((await this.get(ref)) as SucceededRun) as never;

  readonly definition: Client['definition'] = async (nameOrHash) => {
    this.#called('definition', nameOrHash);
    if (nameOrHash === 'order' || nameOrHash === orderHash) {
      return { name: 'order', kind: 'workflow', hash: orderHash, shape: orderShape };
    }
    throw new HoldfastError('NotFound', `There is no definition ${nameOrHash}`, { field: 'definition' });
  };

  readonly watch: Client['watch'] = ((ref: RunRef, options: WatchOptions = {}) => {
    this.#called('watch', ref, options);
    return changesOf(() => this.get(ref, options), systemClock, options);
  }) as Client['watch'];

  readonly events: Client['events'] = (options = {}) => {
    this.#called('events', options);
    return this.#changes(options.signal);
  };

  /** Each of its runs once, and then nothing. */
  async *#changes(signal: AbortSignal = new AbortController().signal) {
    for (const run of this.runs.values()) yield { run, cursor: `c${run.id}` };
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    signal.throwIfAborted();
  }

  readonly queues: Client['queues'] = async () => {
    this.#called('queues');
    return [
      { pool: 'default', tags: [], lanes: ['normal'], waiting: 3, inFlight: 2, delayed: 1, deadLetters: 4 },
      {
        pool: 'gpu',
        tags: ['gpu'],
        lanes: ['normal', 'high'],
        error: { code: 'QueueUnreachable', message: 'silent' },
      },
    ];
  };

  readonly redrive: Client['redrive'] = async (pool) => {
    this.#called('redrive', pool);
    if (pool === 'default') return { pool, messages: 2 };
    throw new HoldfastError('NotFound', `There is no pool ${JSON.stringify(pool)}`, { field: 'pool' });
  };

  readonly definitions: Client['definitions'] = async () => [{ name: 'echo', kind: 'task', hash: 'abc' }];

  readonly workers: Client['workers'] = async () => {
    this.#called('workers');
    const done = { running: 0, succeeded: 5, failed: 1, averageMs: 20.5 };
    return [
      {
        id: 'w1',
        pool: 'default',
        kind: 'lambda',
        status: 'healthy',
        ...done,
        startedAt: noon,
        lastSeenAt: noon,
      },
    ];
  };

  #called(...call: unknown[]): void {
    this.calls.push(call);
    if (this.failure) throw this.failure.thrown;
  }
}
