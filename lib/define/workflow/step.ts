import type { StepShape } from '../../model/definition.ts';
import type { Priority } from '../../model/run.ts';
import { parsePolicy } from '../policy.ts';
import type { AnyTask } from '../task.ts';
import { isDecisionSchema } from './decision.ts';
import type { InvalidAt } from './invalid.ts';
import type { StepCode } from './node-code.ts';
import type { StepOptions } from './options.ts';

const tagsMax = 16;
const priorities: readonly unknown[] = ['high', 'normal', 'low'] satisfies Priority[];

interface Step {
  readonly id: string;
  readonly path: string;
  readonly task: AnyTask;
  readonly options: StepOptions;
  /** Whether an iteration of a loop ends here. */
  readonly decides: boolean;
}

/**
 * A task in its place: its shape, and its code with the options of the step laid over those of the task.
 *
 * @throws HoldfastError `InvalidWorkflow`, `InvalidArgument`, `InvalidDuration`, naming the node
 */
export function compileStep(step: Step, invalid: InvalidAt): { shape: StepShape; code: StepCode } {
  const { decides, id, options, path, task } = step;
  const { lease, metadata = {}, priority, retry, timeout } = options;
  checkDecision(step, invalid);
  if (priority !== undefined && !priorities.includes(priority)) {
    throw invalid(path, `priority must be one of ${priorities.join(', ')}`);
  }
  if (retry?.retryIf !== undefined && typeof retry.retryIf !== 'function') {
    throw invalid(path, 'retry.retryIf must be a function');
  }
  if (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata)) {
    throw invalid(path, 'metadata must be an object');
  }
  const tags = checkTags(step, invalid);
  const own = parsePolicy(
    {
      ...(timeout !== undefined && { timeout }),
      ...(lease !== undefined && { lease }),
      ...(retry !== undefined && { retry }),
    },
    `node ${path}`,
  );
  const policy = Object.freeze({ ...task.policy, ...own });
  const shape: StepShape = Object.freeze({
    kind: 'step' as const,
    id,
    task: task.name,
    ...(decides && { decides: true as const }),
    ...(policy.leaseMs !== undefined && { leaseMs: policy.leaseMs }),
    ...(policy.timeoutMs !== undefined && { timeoutMs: policy.timeoutMs }),
    ...(priority !== undefined && { priority }),
    ...(tags !== undefined && { tags }),
  });
  const code: StepCode = Object.freeze({
    kind: 'step' as const,
    task,
    policy,
    retryIf: retry?.retryIf ?? task.retryIf,
    metadata: Object.freeze({ ...metadata }),
  });
  return { shape, code };
}

// A task without an output schema says only when it has run whether it decides.
function checkDecision({ decides, path, task }: Step, invalid: InvalidAt): void {
  if (decides && task.output !== undefined && !isDecisionSchema(task.output)) {
    throw invalid(
      path,
      `ends an iteration of a loop, but task ${task.name} does not decide: give it an output made by decision()`,
    );
  }
  if (!decides && isDecisionSchema(task.output)) {
    throw invalid(path, `decides a loop, but is not the last element of a loop's body`);
  }
}

function checkTags({ options, path }: Step, invalid: InvalidAt): readonly string[] | undefined {
  const tags: unknown = options.tags;
  if (tags === undefined) return undefined;
  const isList = Array.isArray(tags) && tags.every((tag) => typeof tag === 'string' && tag !== '');
  if (!isList || tags.length > tagsMax) throw invalid(path, `tags must be at most ${tagsMax} texts`);
  return Object.freeze([...new Set<string>(tags)].sort());
}
