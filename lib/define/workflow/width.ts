import type { ElementShape, Sequence } from '../../model/definition.ts';

/** How many nodes of a body can be open side by side, loops that wait for their bodies among them. */
export function widthOf(body: Sequence): number {
  return Math.max(1, ...body.map(widthOfElement));
}

function widthOfElement(element: ElementShape): number {
  switch (element.kind) {
    case 'fork':
      return element.branches.reduce((sum, branch) => sum + widthOf(branch.body), 0);
    case 'branch':
      return Math.max(...element.routes.map(({ body }) => widthOf(body)), widthOf(element.otherwise ?? []));
    case 'signal':
      return widthOf(element.onTimeout ?? []);
    case 'loop':
      return 1 + widthOf(element.body);
    default:
      return 1;
  }
}
