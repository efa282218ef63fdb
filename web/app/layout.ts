import type { Graph } from '../../lib/define/graph/graph.ts';
import type { Placed } from '../../lib/define/graph/layout.ts';

interface Answer {
  readonly id: number;
  readonly placed: Placed;
}

let worker: Worker | undefined;
let last = 0;

/** Where the nodes and edges of a graph are drawn, found by a worker that is started with the first graph. */
export function laidOut(graph: Graph): Promise<Placed> {
  worker ??= new Worker(layoutUrl(), { type: 'module' });
  const asked = worker;
  last += 1;
  const id = last;
  const { promise, resolve, reject } = Promise.withResolvers<Placed>();
  const ended = new AbortController();
  const { signal } = ended;
  asked.addEventListener(
    'message',
    ({ data }: MessageEvent<Answer>) => {
      if (data.id !== id) return;
      ended.abort();
      resolve(data.placed);
    },
    { signal },
  );
  asked.addEventListener(
    'error',
    () => {
      ended.abort();
      worker = undefined;
      reject(new Error('The graph could not be laid out'));
    },
    { signal },
  );
  asked.postMessage({ id, graph });
  return promise;
}

function layoutUrl(): URL {
  const path = document.querySelector<HTMLMetaElement>('meta[name=layout-worker]')?.content ?? '';
  return new URL(path, document.baseURI);
}
