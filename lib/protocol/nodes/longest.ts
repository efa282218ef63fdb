import type { ElementShape, Sequence } from '../../model/definition.ts';
import type { Ms } from '../../model/time.ts';

/** As long as all delays of a body together can last. */
export function longestDelayMs(body: Sequence): Ms {
  return body.reduce((sum, element) => sum + longestOf(element), 0);
}

function longestOf(element: ElementShape): Ms {
  switch (element.kind) {
    case 'delay':
      return element.delayMs;
    case 'fork':
      return Math.max(...element.branches.map(({ body }) => longestDelayMs(body)));
    case 'branch':
      return Math.max(
        ...element.routes.map(({ body }) => longestDelayMs(body)),
        longestDelayMs(element.otherwise ?? []),
      );
    case 'loop':
      return element.maxIterations * longestDelayMs(element.body);
    default:
      return 0;
  }
}
