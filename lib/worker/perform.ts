import type { Context } from '../define/context.ts';
import type { AnyTask } from '../define/task.ts';
import { validate } from '../define/validate.ts';
import { decisionOf } from '../define/workflow/decision.ts';
import type { NodeCode } from '../define/workflow/node-code.ts';
import { type Holding, withinLimit } from '../limits/within-limit.ts';
import { HoldfastError } from '../model/errors.ts';
import type { Run } from '../model/run.ts';
import { serialize } from '../model/serialize.ts';
import type { Packed } from '../payload/payload.ts';
import { inputOf } from '../protocol/commit.ts';
import { decides, type Place } from '../protocol/nodes/place.ts';
import type { AttemptTrace } from '../trace/attempt-trace.ts';
import { cacheKeyOf, readCached, shareResult } from './cached-result.ts';
import { childResult, startChild } from './child-run.ts';
import { readInput } from './node-input.ts';
import type { Performed } from './performed.ts';
import type { WorkerPorts } from './ports.ts';
import { signalResult } from './signal-result.ts';

/** More than the name of any route. */
const keyCharsMax = 80;

export interface Performance {
  readonly code: NodeCode;
  readonly place: Place;
  readonly run: Run;
  /** What this holder stored apart just before. */
  readonly carried: Packed | undefined;
  readonly holding: Holding;
  /** Where spans are wanted. */
  readonly trace: AttemptTrace | undefined;
}

/**
 * Runs the code of a node: a task's handler, a function of the workflow, or nothing for a delay that is over. A child run
 * is only started: `awaits`.
 */
export async function perform(
  ports: WorkerPorts,
  work: Performance,
  ctx: Context,
): Promise<Performed | 'awaits'> {
  const { carried, code, place, run, trace } = work;
  if (code.kind === 'delay') return { output: { payload: inputOf(run, place.path) }, cached: false };
  if (code.kind === 'child' && run.nodes[place.path]?.child?.status !== undefined)
    return childResult(run, place.path);
  const input = await readInput(ports.payloads, run, place, carried);
  switch (code.kind) {
    case 'signal':
      return await signalResult(ports, code, { place, run, input });
    case 'child':
      return await startChild(ports, code, { path: place.path, run, input }, ctx);
    case 'step':
      return await performTask(ports, code.task, work, { ctx, stored: input });
    case 'route': {
      const key = await handle(trace, () => code.run(input as never));
      // No route has a longer name: what is longer takes the other way, and would only fill the run's item.
      if (typeof key === 'string')
        return { cached: false, decision: key.slice(0, keyCharsMax).toWellFormed() };
      throw new HoldfastError('NoRoute', `The function of ${place.path} returned no text, but ${typeof key}`);
    }
    case 'map':
    case 'join':
      return resultOf(place, await handle(trace, () => code.run(input as never)));
  }
}

/** Code of the user's, in a span where spans are wanted. */
const handle = <T>(trace: AttemptTrace | undefined, work: () => T | Promise<T>): T | Promise<T> =>
  trace ? trace.handle(work) : work();

async function performTask(
  ports: WorkerPorts,
  task: AnyTask,
  { holding, place, run, trace }: Performance,
  { ctx, stored }: { ctx: Context; stored: unknown },
): Promise<Performed> {
  const input = await validate(task.input, stored, 'InvalidInput', 'input');
  // A shared result has no room for a decision.
  const key = decides(place) ? undefined : cacheKeyOf(task, run, input, stored);
  const hit = key === undefined ? undefined : await readCached(ports, key);
  if (hit !== undefined) return { output: { text: hit }, cached: true };
  const returned = await withinLimit(ports, task.limit, { holding, input }, () =>
    handle(trace, () => runTask(ports, task, { input, stored }, ctx)),
  );
  const output = task.output ? await validate(task.output, returned, 'InvalidOutput', 'output') : returned;
  const result = resultOf(place, output);
  if (key === undefined || !result.output || !('text' in result.output)) return result;
  return { ...result, output: { text: await shareResult(ports, task, key, result.output.text) } };
}

function runTask(
  { executor, threads }: WorkerPorts,
  task: AnyTask,
  { input, stored }: { input: unknown; stored: unknown },
  ctx: Context,
): unknown {
  if (task.run && task.isolation === 'thread' && threads) return threads.run(task.name, stored, ctx);
  if (task.run) return task.run(input as never, ctx);
  if (executor) return executor(task.name, input, ctx);
  throw new HoldfastError('TaskNotImplemented', `Task ${task.name} has no handler here`);
}

/** The tag of a loop's decision is kept beside the value. */
function resultOf(place: Place, value: unknown): Performed {
  const decision = decisionOf(value);
  if (decides(place) !== (decision !== undefined)) {
    const what = decision
      ? 'returned a decision, but it ends no iteration of a loop'
      : 'ended an iteration without again(value) or done(value)';
    throw new HoldfastError('NoDecision', `${place.path} ${what}`);
  }
  if (!decision) return { output: { text: serialize(value, 'output') }, cached: false };
  return { output: { text: serialize(decision.value, 'output') }, cached: false, decision: decision.tag };
}
