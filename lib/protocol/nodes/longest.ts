import type { ElementShape, Sequence } from '../../model/definition.ts';
import type { Ms } from '../../model/time.ts';

const yearMs: Ms = 366 * 86_400_000;

/** As long as all waits of a body together can last. One that is not bounded counts as a year. */
export function longestDelayMs(body: Sequence): Ms {
  return body.reduce((sum, element) => sum + longestOf(element), 0);
}

function longestOf(element: ElementShape): Ms {
  switch (element.kind) {
    case 'delay':
      return element.delayMs;
    case 'signal':
      return (element.timeoutMs ?? yearMs) + longestDelayMs(element.onTimeout ?? []);
    case 'child':
      return yearMs;
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
