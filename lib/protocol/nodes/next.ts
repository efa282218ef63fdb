import type { BranchShape, Sequence } from '../../model/definition.ts';
import type { NodeId } from '../../model/ids.ts';
import type { BranchEnd, Run } from '../../model/run.ts';
import { type Opened, openBody, openElement } from './open.ts';
import { inside, type Owner, otherwiseKey, type Place, routeOf } from './place.ts';

/** What follows when a node has succeeded. */
export type Next =
  | {
      readonly next: 'open';
      readonly opened: Opened;
      /** The loop that goes round once more: the nodes of its body come again. */
      readonly again?: { readonly loop: NodeId; readonly iteration: number };
      /** Loops that have ended. */
      readonly left: readonly NodeId[];
      /** A route without a body: its node hands its input on. */
      readonly passes?: true;
    }
  | {
      readonly next: 'endBranch';
      readonly ends: BranchEnd;
      readonly left: readonly NodeId[];
      readonly passes?: true;
    }
  | { readonly next: 'endRun'; readonly left: readonly NodeId[]; readonly passes?: true }
  | {
      readonly next: 'fail';
      readonly code: 'NoRoute' | 'NoDecision' | 'LoopExhausted' | 'SignalTimeout';
      readonly message: string;
    };

/** The decision of a node whose signal did not come in time. */
export const timedOut = 'timeout';

/**
 * @param decision the key of a route, or `again` or `done` of a node that ends an iteration
 */
export function nextAfter(run: Pick<Run, 'nodes'>, place: Place, decision: string | undefined): Next {
  if (place.element.kind === 'branch') return takeRoute(run, place, place.element, decision ?? '');
  if (place.element.kind === 'signal' && decision === timedOut) {
    const { onTimeout } = place.element;
    if (onTimeout) return enter(run, place, inside(place.path, otherwiseKey), onTimeout);
    return { next: 'fail', code: 'SignalTimeout', message: `${place.path} was not signalled in time` };
  }
  return follow(run, place, place.path, decision, []);
}

function takeRoute(run: Pick<Run, 'nodes'>, place: Place, element: BranchShape, key: string): Next {
  const { path } = place;
  const name = element.routes.some((route) => route.key === key) ? key : otherwiseKey;
  const body = routeOf(element, name);
  if (!body) {
    const known = element.routes.map((route) => route.key).join(', ');
    const message = `${path} has no route ${JSON.stringify(key.slice(0, 80))} and no otherwise; it has ${known}`;
    return { next: 'fail', code: 'NoRoute', message };
  }
  return enter(run, place, inside(path, name), body);
}

/** The input of a node that only decides goes on into the body. */
function enter(run: Pick<Run, 'nodes'>, place: Place, base: NodeId, body: Sequence): Next {
  const { path } = place;
  if (body.length === 0) return { ...follow(run, place, path, undefined, []), passes: true } as Next;
  const { from, input } = run.nodes[path] ?? {};
  // An edited input is the node's own: it hands that on.
  if (input) return { next: 'open', opened: openBody(body, base, path), left: [], passes: true };
  return { next: 'open', opened: openBody(body, base, from), left: [] };
}

/** What comes after an element whose value the node `from` has. */
function follow(
  run: Pick<Run, 'nodes'>,
  place: Place,
  from: NodeId,
  decision: string | undefined,
  left: readonly NodeId[],
): Next {
  const { index, owner, sequence } = place;
  const following = sequence[index + 1];
  if (following) return { next: 'open', opened: openElement(following, baseOf(place), from), left };
  switch (owner.kind) {
    case 'root':
      return { next: 'endRun', left };
    case 'fork':
      return { next: 'endBranch', ends: endOf(owner), left };
    case 'branch':
    case 'signal':
      return follow(run, owner.place, from, decision, left);
    case 'loop':
      return goRound(run, owner, from, decision, left);
  }
}

const endOf = ({ branch, place, shape }: Extract<Owner, { kind: 'fork' }>): BranchEnd => ({
  fork: place.path,
  branch,
  of: shape.branches.length,
});

function goRound(
  run: Pick<Run, 'nodes'>,
  { place, shape }: Extract<Owner, { kind: 'loop' }>,
  from: NodeId,
  decision: string | undefined,
  left: readonly NodeId[],
): Next {
  const loop = run.nodes[place.path];
  const iteration = (loop?.status === 'waiting' ? loop.iteration : undefined) ?? shape.maxIterations;
  if (decision !== 'again' && decision !== 'done') {
    const message = `${from} ended an iteration of ${place.path} without again(value) or done(value)`;
    return { next: 'fail', code: 'NoDecision', message };
  }
  const again = { loop: place.path, iteration: iteration + 1 };
  if (decision === 'again' && iteration < shape.maxIterations)
    return { next: 'open', opened: openBody(shape.body, place.path, place.path), again, left };
  if (decision === 'again' && shape.onMax === 'fail') {
    const message = `${place.path} was not done after ${shape.maxIterations} iterations`;
    return { next: 'fail', code: 'LoopExhausted', message };
  }
  return follow(run, place, from, undefined, [...left, place.path]);
}

/** The path under which the siblings of an element stand. */
function baseOf({ element, path }: Place): NodeId | undefined {
  const base = path.slice(0, -element.id.length - 1);
  return base === '' ? undefined : (base as NodeId);
}
