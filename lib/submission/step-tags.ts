import { type Pools, poolFor } from '../config/pools.ts';
import type { Registered } from '../define/registry.ts';
import { withChildren } from '../define/workflow/children.ts';
import type { ElementShape, Sequence, StepShape } from '../model/definition.ts';
import { HoldfastError } from '../model/errors.ts';
import type { NodeId } from '../model/ids.ts';
import { inside, otherwiseKey } from '../protocol/nodes/place.ts';

/**
 * Each step's tags must be those of a pool, in child runs too: else a run would find out only when it comes there.
 *
 * @throws HoldfastError `UnknownTag`, naming the step
 */
export function checkStepTags(pools: Pools, { definition }: Pick<Registered, 'definition'>): void {
  if (definition.kind === 'task') return;
  for (const { name, shape } of withChildren([definition])) {
    checkBody(shape.body, undefined, (step, path) => checkStep(pools, step, `Step ${path} of ${name}`));
  }
}

type Check = (step: StepShape, path: NodeId) => void;

function checkBody(body: Sequence, base: NodeId | undefined, check: Check): void {
  for (const element of body) checkElement(element, inside(base, element.id), check);
}

function checkElement(element: ElementShape, path: NodeId, check: Check): void {
  switch (element.kind) {
    case 'step':
      check(element, path);
      break;
    case 'signal':
      checkBody(element.onTimeout ?? [], inside(path, otherwiseKey), check);
      break;
    case 'fork':
      for (const { body, name } of element.branches) checkBody(body, inside(path, name), check);
      if (element.join.kind === 'step') check(element.join, path);
      break;
    case 'branch':
      for (const { body, key } of element.routes) checkBody(body, inside(path, key), check);
      checkBody(element.otherwise ?? [], inside(path, otherwiseKey), check);
      break;
    case 'loop':
      checkBody(element.body, path, check);
  }
}

function checkStep(pools: Pools, { tags = [] }: StepShape, step: string): void {
  try {
    poolFor(pools, tags);
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw error;
    const { code, field, message } = error;
    throw new HoldfastError(code, `${step}: ${message}`, { field, cause: error });
  }
}
