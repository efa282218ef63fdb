import type { Pools } from '../config/pools.ts';
import type { Settings } from '../config/settings.ts';
import { Registry } from '../define/registry.ts';
import { loadTaskModule, taskModuleUrl } from '../local/task-module.ts';
import { HoldfastError } from '../model/errors.ts';
import type { Ms } from '../model/time.ts';
import { checkStepTags } from '../submission/step-tags.ts';
import { type Finding, fail, faultsOr, ok, warn } from './finding.ts';
import type { QueueNeeds } from './queue.ts';

/** The tasks of a file, or why there are none. */
export async function loadTasks(
  file: string,
): Promise<{ readonly registry: Registry } | { readonly finding: Finding }> {
  try {
    return { registry: Registry.fromModule(await loadTaskModule(taskModuleUrl(file))) };
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw error;
    return { finding: fail('tasks', error.message, error.hint) };
  }
}

/** Whether the tasks can run where they are to run. */
export function judgeTasks(
  registry: Registry,
  {
    functionTimeoutMs,
    pools,
    taskTimeoutMs,
  }: { pools: Pools | undefined; taskTimeoutMs: Ms; functionTimeoutMs: Ms | undefined },
): readonly Finding[] {
  const faults: Finding[] = [];
  for (const registered of registry.all()) {
    if (pools) faults.push(...tagFaults(() => checkStepTags(pools, registered)));
  }
  if (functionTimeoutMs !== undefined) {
    for (const { name, policy } of registry.tasks()) {
      const { timeoutMs = taskTimeoutMs } = policy;
      if (timeoutMs < functionTimeoutMs) continue;
      const what = `${name} may take ${timeoutMs / 1_000} s, its function ${functionTimeoutMs / 1_000} s`;
      faults.push(warn('tasks', what, 'Let it call ctx.checkpoint(), or give it a shorter timeout.'));
    }
  }
  const all = registry.all();
  const workflows = all.filter(({ definition }) => definition.kind === 'workflow').length;
  return faultsOr(faults, ok('tasks', `${all.length - workflows} tasks, ${workflows} workflows`));
}

function tagFaults(check: () => void): Finding[] {
  try {
    check();
    return [];
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw error;
    return [fail('tasks', error.message, error.hint)];
  }
}

/** The longest lease that a message must outlast the first third of. */
export function longestLease(
  registry: Registry | undefined,
  { lease }: Pick<Settings, 'lease'>,
): QueueNeeds['lease'] {
  let longest: QueueNeeds['lease'] = { ms: lease, of: 'HOLDFAST_LEASE' };
  for (const { name, nodes } of registry?.all() ?? []) {
    for (const { policy } of [...nodes.values()].filter((code) => code.kind === 'step')) {
      if ((policy.leaseMs ?? 0) > longest.ms)
        longest = { ms: policy.leaseMs ?? 0, of: `the lease of ${name}` };
    }
  }
  return longest;
}
