import type { Settings } from '../config/settings.ts';
import type { NodeCode } from '../define/workflow/node-code.ts';
import type { Ms } from '../model/time.ts';

/** How the attempts of a node are made, with the settings' defaults. */
export interface NodePolicy {
  readonly leaseMs: Ms;
  readonly timeoutMs: Ms;
  readonly backoffMs: Ms;
  readonly factor: number;
  readonly maxBackoffMs: Ms;
  readonly retryIf: ((error: unknown) => boolean) | undefined;
}

export function nodePolicy(code: NodeCode, settings: Settings): NodePolicy {
  const policy = 'policy' in code ? code.policy : {};
  return {
    leaseMs: policy.leaseMs ?? settings.lease,
    timeoutMs: policy.timeoutMs ?? settings.taskTimeout,
    backoffMs: policy.backoffMs ?? settings.backoff,
    factor: policy.factor ?? settings.backoffFactor,
    maxBackoffMs: policy.maxBackoffMs ?? settings.maxBackoff,
    retryIf: code.kind === 'step' ? code.retryIf : undefined,
  };
}
