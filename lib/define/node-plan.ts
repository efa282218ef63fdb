import { type Pools, poolFor } from '../config/pools.ts';
import type { Settings } from '../config/settings.ts';
import type { Shape, StepShape } from '../model/definition.ts';
import type { NodeId } from '../model/ids.ts';
import { placeOf } from '../protocol/nodes/place.ts';
import type { NodePlan } from '../protocol/open.ts';
import type { Registered } from './registry.ts';

/**
 * What the code of each node says of it, with the settings' defaults.
 *
 * @throws HoldfastError `UnknownTag`, when a step's tags are those of no pool
 */
export function nodePlans(
  { nodes, shape }: Pick<Registered, 'nodes' | 'shape'>,
  settings: Pick<Settings, 'lease' | 'maxAttempts'>,
  pools: Pools,
): (path: NodeId) => NodePlan {
  return (path) => {
    const code = nodes.get(path);
    const policy = code && 'policy' in code ? code.policy : {};
    const { priority, tags } = stepAt(shape, path) ?? {};
    return {
      attemptsMax: policy.maxAttempts ?? settings.maxAttempts,
      leaseMs: policy.leaseMs ?? settings.lease,
      ...(priority !== undefined && { priority }),
      ...(tags !== undefined && tags.length > 0 && { pool: poolFor(pools, tags) }),
    };
  };
}

function stepAt(shape: Shape, path: NodeId): StepShape | undefined {
  const element = placeOf(shape, path)?.element;
  if (element?.kind === 'step') return element;
  return element?.kind === 'fork' && element.join.kind === 'step' ? element.join : undefined;
}
