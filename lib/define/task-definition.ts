import type { Shape } from '../model/definition.ts';
import { soleNode } from '../model/run.ts';
import type { AnyTask } from './task.ts';
import type { Nodes, StepCode } from './workflow/node-code.ts';

/** A single task as a definition like a workflow: one step. */
export function taskDefinition(task: AnyTask): { readonly shape: Shape; readonly nodes: Nodes } {
  const { leaseMs, timeoutMs } = task.policy;
  const step = {
    kind: 'step' as const,
    id: soleNode,
    task: task.name,
    ...(leaseMs !== undefined && { leaseMs }),
    ...(timeoutMs !== undefined && { timeoutMs }),
  };
  const code: StepCode = { kind: 'step', task, policy: task.policy, retryIf: task.retryIf, metadata: {} };
  return { shape: { kind: 'task', name: task.name, body: [step] }, nodes: new Map([[soleNode, code]]) };
}
