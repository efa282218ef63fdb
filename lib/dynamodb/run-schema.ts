import * as z from 'zod';
import type { DefinitionHash, NodeId, Nonce, RunId } from '../model/ids.ts';
import type { AwaitingNode, LoopingNode, Run } from '../model/run.ts';

/** Ids were checked where they came in; what is stored only has to be text. */
const branded = <Id extends string>() => z.string() as unknown as z.ZodType<Id>;
const count = z.int().min(0);
const time = z.number();

const payload = z.union([
  z.object({ text: z.string() }),
  z.object({ pointer: z.string(), bytes: z.number() }),
]);

export const failureSchema = z.object({
  type: z.string(),
  message: z.string(),
  code: z.string().exactOptional(),
  attempt: count,
  worker: z.string().exactOptional(),
});

const terminal = z.enum(['succeeded', 'failed', 'cancelled', 'skipped']);

const awaitedSignal = z.object({
  name: z.string(),
  until: time.exactOptional(),
  id: z.string().exactOptional(),
  payload: payload.exactOptional(),
  timedOut: z.literal(true).exactOptional(),
});

const childLink = z.object({
  run: branded<RunId>(),
  status: terminal.exactOptional(),
  output: payload.exactOptional(),
  failure: failureSchema.exactOptional(),
});

const limited = z.object({
  name: z.string(),
  key: z.string(),
  since: time,
  until: time,
  permit: time.exactOptional(),
  attempt: count,
});

const priority = z.enum(['high', 'normal', 'low']);

const nodeBase = z.object({
  epoch: count,
  attempt: count,
  attemptsMax: count,
  notBefore: time,
  worker: z.string().exactOptional(),
  startedAt: time.exactOptional(),
  failure: failureSchema.exactOptional(),
  checkpoint: payload.exactOptional(),
  progress: z.string().exactOptional(),
  from: branded<NodeId>().exactOptional(),
  pool: z.string().exactOptional(),
  priority: priority.exactOptional(),
  input: payload.exactOptional(),
  signal: awaitedSignal.exactOptional(),
  child: childLink.exactOptional(),
  limited: limited.exactOptional(),
  spent: z.string().exactOptional(),
});

/** A loop that goes round, or what waits for something from outside: only a loop has an iteration and a value. */
const waitingNode = nodeBase
  .extend({
    status: z.literal('waiting'),
    iteration: count.exactOptional(),
    output: payload.exactOptional(),
  })
  .refine(({ iteration, output }) => iteration !== undefined || output === undefined, {
    path: ['iteration'],
    error: 'an output without an iteration',
  })
  .transform(({ iteration, output, ...rest }): LoopingNode | AwaitingNode =>
    iteration === undefined ? rest : { ...rest, iteration, ...(output && { output }) },
  );

const node = z.discriminatedUnion('status', [
  nodeBase.extend({ status: z.literal('ready') }),
  nodeBase.extend({
    status: z.literal('running'),
    lease: z.object({ nonce: branded<Nonce>(), until: time }),
    startedAt: time,
  }),
  nodeBase.extend({
    status: z.literal('succeeded'),
    output: payload.exactOptional(),
    endedAt: time,
    cached: z.boolean().exactOptional(),
    decision: z.string().exactOptional(),
    ends: z.object({ fork: branded<NodeId>(), branch: z.string(), of: count }).exactOptional(),
    iteration: count.exactOptional(),
  }),
  waitingNode,
  nodeBase.extend({ status: z.literal('failed'), failure: failureSchema, endedAt: time }),
  nodeBase.extend({ status: z.literal('cancelled'), endedAt: time }),
  nodeBase.extend({ status: z.literal('skipped'), endedAt: time }),
]);

export const nodesSchema = z.record(z.string(), node);

const control = z.object({
  kind: z.enum(['cancel', 'pause']),
  mode: z.enum(['graceful', 'abort']),
  reason: z.string().exactOptional(),
  by: z.string().exactOptional(),
  since: time,
});

const resumption = z.object({
  reason: z.string().exactOptional(),
  by: z.string().exactOptional(),
  since: time,
});

const runIds = z.array(branded<RunId>());

/** A run's item under its property names, the key apart. */
export const runSchema: z.ZodType<Omit<Run, 'tenant' | 'run'>> = z.object({
  schema: count,
  kind: z.enum(['task', 'workflow']),
  name: z.string(),
  hash: branded<DefinitionHash>(),
  submission: z.string(),
  phase: z.enum(['active', 'ending', 'paused', ...terminal.options]),
  at: time,
  rev: count,
  epoch: count,
  looks: count,
  input: payload,
  nodes: nodesSchema,
  result: branded<NodeId>().exactOptional(),
  hasHistory: z.boolean().exactOptional(),
  control: control.exactOptional(),
  resumed: resumption.exactOptional(),
  ended: terminal.exactOptional(),
  failure: failureSchema.exactOptional(),
  signals: z.array(z.object({ name: z.string(), id: z.string(), payload })).exactOptional(),
  signalIds: z.array(z.string()).exactOptional(),
  waitsFor: runIds.exactOptional(),
  dependents: runIds.exactOptional(),
  dependencies: z
    .record(z.string(), z.object({ as: z.string().exactOptional(), output: payload.exactOptional() }))
    .exactOptional(),
  onDependencyFailure: z.literal('skip').exactOptional(),
  parent: z.object({ run: branded<RunId>(), node: branded<NodeId>() }).exactOptional(),
  retryOf: branded<RunId>().exactOptional(),
  execution: z
    .object({
      workflowId: z.string(),
      caller: z.string().exactOptional(),
      filePath: z.string().exactOptional(),
    })
    .exactOptional(),
  deliverTo: z
    .array(z.union([z.object({ webhook: z.string() }), z.object({ queue: z.string() })]))
    .exactOptional(),
  deliveryOf: branded<RunId>().exactOptional(),
  counted: z.literal(true).exactOptional(),
  pool: z.string(),
  priority,
  tags: z.array(z.string()),
  idempotencyKey: z.string().exactOptional(),
  timeoutMs: z.number().exactOptional(),
  traceparent: z.string().exactOptional(),
  spent: z.string().exactOptional(),
  createdAt: time,
  endedAt: time.exactOptional(),
  expires: z.number().exactOptional(),
});
