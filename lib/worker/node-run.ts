import { nodePlans } from '../define/node-plan.ts';
import type { Registered } from '../define/registry.ts';
import type { NodeCode } from '../define/workflow/node-code.ts';
import type { HoldfastError } from '../model/errors.ts';
import { type NodeId, type Nonce, runId } from '../model/ids.ts';
import type { DispatchMessage } from '../model/message.ts';
import type { Run } from '../model/run.ts';
import { toEpochSec } from '../model/time.ts';
import type { ClaimCommand } from '../protocol/claim.ts';
import type { CommitOptions } from '../protocol/commit.ts';
import { loopAround, type Place, placeOf } from '../protocol/nodes/place.ts';
import type { NodePlan } from '../protocol/open.ts';
import type { AttemptTrace } from '../trace/attempt-trace.ts';
import { errorTypeOf } from '../trace/spans.ts';
import type { About, Attempt, Outcome } from './attempt.ts';
import type { Delivery } from './delivery.ts';
import { readDependencies } from './dependencies.ts';
import { keepAttempt } from './keep-attempt.ts';
import { type NodePolicy, nodePolicy } from './node-policy.ts';
import { perform } from './perform.ts';
import type { Performed } from './performed.ts';
import type { WorkerPorts } from './ports.ts';
import { type Ended, type Result, settle } from './settle.ts';
import type { Continued } from './tend.ts';

/** The name of the node's task, if that is only declared here and nothing else runs it. */
export function notImplemented(
  { executor }: Pick<WorkerPorts, 'executor'>,
  { nodes }: Pick<Registered, 'nodes'>,
  path: NodeId,
): string | undefined {
  if (executor) return undefined;
  const code = nodes.get(path);
  return code?.kind === 'step' && !code.task.run ? code.task.name : undefined;
}

/** The nodes of one definition, as one message leads through them. */
export class NodeRun {
  readonly delivery: Delivery;
  readonly #ports: WorkerPorts;
  readonly #registered: Registered;
  readonly #planOf: (path: NodeId) => NodePlan;
  readonly #isEnding: () => boolean;
  #dependencies: Readonly<Record<string, unknown>> | undefined;

  constructor(ports: WorkerPorts, registered: Registered, delivery: Delivery, isEnding: () => boolean) {
    this.delivery = delivery;
    this.#ports = ports;
    this.#registered = registered;
    const planOf = nodePlans(registered, ports.settings, ports.pools);
    // Where this message was: nodes without tags of their own are in the pool of their run.
    const { pool } = planOf(delivery.message.node);
    this.#planOf = (path) => {
      const plan = planOf(path);
      // What is no task runs where it is opened: every executor has it.
      const isTask = registered.nodes.get(path)?.kind === 'step';
      const isElsewhere = (isTask && plan.pool !== pool) || this.notImplemented(path) !== undefined;
      return isElsewhere ? { ...plan, isElsewhere } : plan;
    };
    this.#isEnding = isEnding;
  }

  notImplemented(path: NodeId): string | undefined {
    return notImplemented(this.#ports, this.#registered, path);
  }

  claimOf({ hash, node, run, tenant }: DispatchMessage, nonce: Nonce): ClaimCommand {
    const { clock, workerId } = this.#ports;
    const { leaseMs } = this.#planOf(node);
    const leaseUntil = Math.min(clock.now() + leaseMs, this.delivery.endsAt);
    return { key: { tenant, run }, node, hash, nonce, worker: workerId, leaseUntil };
  }

  policyOf(path: NodeId): NodePolicy {
    return nodePolicy(this.#codeOf(path), this.#ports.settings);
  }

  /** What the handler's context says of its node. */
  about(run: Run, path: NodeId): About {
    const code = this.#codeOf(path);
    const place = this.#placeOf(path);
    const loop = loopAround(place);
    const looping = loop === undefined ? undefined : run.nodes[loop];
    const iteration = looping?.status === 'waiting' ? looping.iteration : undefined;
    return {
      task: code.kind === 'step' ? code.task.name : place.element.id,
      idempotencyKey: `${run.tenant}/${run.run}/${this.#withIterations(run, place)}`,
      ...(run.kind === 'workflow' && { workflow: run.name }),
      ...(run.execution && { execution: run.execution }),
      ...(code.kind === 'step' && code.metadata && { metadata: code.metadata }),
      ...(iteration !== undefined && { iteration }),
    };
  }

  /** How a write that ends a node is made now; the nonce of what it goes on with is drawn once. */
  commitOptions(): () => CommitOptions {
    const { clock, random, settings, workerId } = this.#ports;
    const { endsAt, marginMs, message } = this.delivery;
    const nonce = random.id() as Nonce;
    return () => {
      const now = clock.now();
      const goesOn = !this.#isEnding() && endsAt - now > marginMs;
      return {
        shape: this.#registered.shape,
        planOf: this.#planOf,
        now,
        expires: toEpochSec(now + settings.retention),
        nameChild: () => runId(random.id()),
        hop: message.hop,
        hopLimit: settings.hopLimit,
        inline: goesOn ? { nonce, worker: workerId, endsAt } : undefined,
      };
    };
  }

  /** Outputs of the runs that the run depends on: the same for all of its nodes. */
  async dependenciesOf(run: Run): Promise<Readonly<Record<string, unknown>>> {
    this.#dependencies ??= await readDependencies(this.#ports.payloads, run);
    return this.#dependencies;
  }

  /** One attempt of one node, from its input to what is written at its end. */
  async perform(
    ports: WorkerPorts,
    attempt: Attempt,
    held: Continued,
    trace: AttemptTrace | undefined,
  ): Promise<Ended> {
    const { fence, run } = held;
    const code = this.#codeOf(fence.node);
    const place = this.#placeOf(fence.node);
    const policy = this.policyOf(fence.node);
    let performed: Performed | 'awaits' | undefined;
    const outcome = await attempt.run(async (ctx) => {
      const holding = {
        run,
        fence,
        leaseMs: policy.leaseMs,
        endsAt: this.delivery.endsAt,
        signal: ctx.signal,
        lose: (reason: HoldfastError) => attempt.lose(reason),
      };
      performed = await perform(ports, { code, place, run, carried: held.carried, holding, trace }, ctx);
    });
    trace?.handled(errorOf(outcome));
    if (outcome.outcome === 'limited') trace?.limitReached(outcome.limited.name);
    const { iteration } = this.about(run, fence.node);
    const context = {
      ports,
      held,
      notes: attempt.notes,
      ...(iteration !== undefined && { iteration }),
      registered: this.#registered,
      policy,
      hop: this.delivery.message.hop,
      leaseUntil: attempt.keeper.leaseUntil,
      options: this.commitOptions(),
      limit: code.kind === 'step' ? code.task.limit : undefined,
    };
    const result = resultOf(outcome, performed, attempt);
    if (!result) {
      await keepAttempt(context, { settled: 'lost' });
      return { settled: 'lost' };
    }
    const write = () => settle(context, attempt.keeper.run, result);
    return trace ? await trace.commit(write) : await write();
  }

  #codeOf(path: NodeId): NodeCode {
    const code = this.#registered.nodes.get(path);
    if (!code) throw new Error(`the definition has no code for ${path}`);
    return code;
  }

  #placeOf(path: NodeId): Place {
    const place = placeOf(this.#registered.shape, path);
    if (!place) throw new Error(`the definition has no node ${path}`);
    return place;
  }

  /** The path, with the iteration behind each loop's name: another iteration is another piece of work. */
  #withIterations(run: Run, place: Place): string {
    let text: string = place.path;
    for (let loop = loopAround(place); loop !== undefined; loop = loopAround(this.#placeOf(loop))) {
      const node = run.nodes[loop];
      const iteration = node?.status === 'waiting' ? node.iteration : 0;
      text = `${loop}#${iteration}${text.slice(loop.length)}`;
    }
    return text;
  }
}

/** The type of what ended the handler, if it did not just end. */
function errorOf(outcome: Outcome): string | undefined {
  if (outcome.outcome === 'threw') return errorTypeOf(outcome.thrown);
  if (outcome.outcome === 'cancelled') return 'Cancelled';
  return outcome.outcome === 'lost' ? 'LeaseLost' : undefined;
}

function resultOf(
  outcome: Outcome,
  performed: Performed | 'awaits' | undefined,
  attempt: Attempt,
): Result | undefined {
  switch (outcome.outcome) {
    case 'returned':
      if (performed === 'awaits') return { kind: 'await' };
      return performed && { kind: 'value', ...performed };
    case 'threw':
      return { kind: 'error', thrown: outcome.thrown, checkpoint: attempt.keeper.unstoredCheckpoint };
    case 'yielded':
      return { kind: 'yield', checkpoint: outcome.checkpoint };
    case 'limited':
      return { kind: 'limited', limited: outcome.limited };
    case 'cancelled':
      return { kind: 'cancelled' };
    case 'lost':
      return undefined;
  }
}
