import fc from 'fast-check';
import type { Run, RunNode } from '../../lib/model/run.ts';

const time = fc.nat(2 ** 43);
const count = fc.nat(1_000_000);
const text = fc.oneof(
  fc.string({ maxLength: 30 }),
  fc.string({ unit: 'binary', maxLength: 10 }),
  fc.constantFrom('', '__proto__', 'constructor', '#0', ':0', 'RUN#a#b'),
);
const id = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_.~-]{0,127}$/);
/** As task names are: letters first, so that `__proto__` is none of them. */
const name = fc.oneof(
  fc.stringMatching(/^[A-Za-z][A-Za-z0-9_.-]{0,20}$/),
  fc.constantFrom('constructor', 'size'),
);
/** As nodes inside of others are called. */
const path = fc
  .array(fc.oneof(name, fc.constant('~')), { minLength: 1, maxLength: 4 })
  .map((ids) => ids.join('/'));

/** Properties that may be absent, and then are absent instead of undefined. */
const record = <T, K extends keyof T>(model: { [P in keyof T]: fc.Arbitrary<T[P]> }, requiredKeys: K[]) =>
  fc.record(model, { requiredKeys });

const payload = fc.oneof(fc.record({ text }), fc.record({ pointer: text, bytes: count }));
const failure = record({ type: text, message: text, code: text, attempt: count, worker: text }, [
  'type',
  'message',
  'attempt',
]);
const terminal = fc.constantFrom('succeeded', 'failed', 'cancelled', 'skipped');
/** As runs have them: sorted, and absent instead of empty. */
const ids = fc.uniqueArray(id, { minLength: 1, maxLength: 4 }).map((members) => members.sort());
const base = {
  epoch: count,
  attempt: count,
  attemptsMax: count,
  notBefore: time,
  worker: text,
  startedAt: time,
  failure,
  checkpoint: payload,
  progress: text,
  from: text,
  pool: text,
  priority: fc.constantFrom('high', 'normal', 'low'),
  input: payload,
  signal: record({ name: text, until: time, id: text, payload, timedOut: fc.constant(true) }, ['name']),
  child: record({ run: id, status: terminal, output: payload, failure }, ['run']),
  spent: text,
};
const always = ['epoch', 'attempt', 'attemptsMax', 'notBefore', 'status'] as const;
const node = fc.oneof(
  record({ ...base, status: fc.constant('ready') }, [...always]),
  record({ ...base, status: fc.constant('running'), lease: fc.record({ nonce: text, until: time }) }, [
    ...always,
    'lease',
    'startedAt',
  ]),
  record(
    {
      ...base,
      status: fc.constant('succeeded'),
      output: payload,
      endedAt: time,
      cached: fc.boolean(),
      decision: text,
      ends: fc.record({ fork: text, branch: text, of: count }),
      iteration: count,
    },
    [...always, 'endedAt'],
  ),
  record({ ...base, status: fc.constant('waiting'), iteration: count, output: payload }, [
    ...always,
    'iteration',
  ]),
  record({ ...base, status: fc.constant('waiting') }, [...always]),
  record({ ...base, status: fc.constant('failed'), endedAt: time }, [...always, 'failure', 'endedAt']),
  record({ ...base, status: fc.constantFrom('cancelled', 'skipped'), endedAt: time }, [...always, 'endedAt']),
) as unknown as fc.Arbitrary<RunNode>;

/** Any run that the model allows. */
export const arbitraryRun = record(
  {
    tenant: fc.oneof(fc.constant('-'), id),
    run: id,
    schema: fc.constant(1),
    kind: fc.constantFrom('task', 'workflow'),
    name,
    hash: text,
    submission: text,
    phase: fc.oneof(fc.constantFrom('active', 'ending', 'paused'), terminal),
    at: time,
    rev: count,
    epoch: count,
    looks: count,
    input: payload,
    nodes: fc.dictionary(fc.oneof(name, path), node, { maxKeys: 4, noNullPrototype: true }),
    result: text,
    hasHistory: fc.boolean(),
    control: record(
      {
        kind: fc.constantFrom('cancel', 'pause'),
        mode: fc.constantFrom('graceful', 'abort'),
        reason: text,
        by: text,
        since: time,
      },
      ['kind', 'mode', 'since'],
    ),
    resumed: record({ reason: text, by: text, since: time }, ['since']),
    ended: terminal,
    failure,
    signals: fc.array(fc.record({ name: text, id: text, payload }), { maxLength: 3 }),
    signalIds: fc.array(text, { maxLength: 3 }),
    waitsFor: ids,
    dependents: ids,
    dependencies: fc.dictionary(id, record({ as: text, output: payload }, []), {
      maxKeys: 3,
      noNullPrototype: true,
    }),
    onDependencyFailure: fc.constant('skip'),
    parent: fc.record({ run: id, node: text }),
    deliverTo: fc.array(fc.oneof(fc.record({ webhook: text }), fc.record({ queue: text })), {
      minLength: 1,
      maxLength: 4,
    }),
    deliveryOf: id,
    counted: fc.constant(true),
    retryOf: id,
    execution: record({ workflowId: text, caller: text, filePath: text }, ['workflowId']),
    pool: text,
    priority: fc.constantFrom('high', 'normal', 'low'),
    tags: fc.array(text, { maxLength: 4 }),
    idempotencyKey: text,
    timeoutMs: count,
    traceparent: text,
    spent: text,
    createdAt: time,
    endedAt: time,
    expires: time,
  },
  [
    ...(['tenant', 'run', 'schema', 'kind', 'name', 'hash', 'submission', 'phase', 'at', 'rev'] as const),
    ...(['epoch', 'looks', 'input', 'nodes', 'pool', 'priority', 'tags', 'createdAt'] as const),
  ],
) as unknown as fc.Arbitrary<Run>;
