import type { ElementShape, Sequence } from '../../model/definition.ts';

/** Every element of a body, and of the bodies within it. */
export function elementsOf(body: Sequence): ElementShape[] {
  return body.flatMap((element) => [element, ...bodiesOf(element).flatMap(elementsOf)]);
}

function bodiesOf(element: ElementShape): Sequence[] {
  switch (element.kind) {
    case 'fork':
      return element.branches.map(({ body }) => body);
    case 'branch':
      return [...element.routes.map(({ body }) => body), element.otherwise ?? []];
    case 'loop':
      return [element.body];
    case 'signal':
      return [element.onTimeout ?? []];
    default:
      return [];
  }
}
