import { type Pools, poolFor } from '../config/pools.ts';
import type { ElementShape, Sequence, StepShape } from '../model/definition.ts';
import { HoldfastError } from '../model/errors.ts';
import type { NodeId } from '../model/ids.ts';
import { inside, otherwiseKey } from '../protocol/nodes/place.ts';

/**
 * Each step's tags must be those of a pool: else a run would find out only when it comes there.
 *
 * @throws HoldfastError `UnknownTag`, naming the step
 */
export function checkStepTags(pools: Pools, body: Sequence, base?: NodeId): void {
  for (const element of body) checkElement(pools, element, inside(base, element.id));
}

function checkElement(pools: Pools, element: ElementShape, path: NodeId): void {
  switch (element.kind) {
    case 'step':
      checkStep(pools, element, path);
      break;
    case 'fork':
      for (const { body, name } of element.branches) checkStepTags(pools, body, inside(path, name));
      if (element.join.kind === 'step') checkStep(pools, element.join, path);
      break;
    case 'branch':
      for (const { body, key } of element.routes) checkStepTags(pools, body, inside(path, key));
      checkStepTags(pools, element.otherwise ?? [], inside(path, otherwiseKey));
      break;
    case 'loop':
      checkStepTags(pools, element.body, path);
  }
}

function checkStep(pools: Pools, { tags = [] }: StepShape, path: NodeId): void {
  try {
    poolFor(pools, tags);
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw error;
    const { code, field, message } = error;
    throw new HoldfastError(code, `Step ${path}: ${message}`, { field, cause: error });
  }
}
