import type { Graph } from '../../lib/define/graph/graph.ts';
import { place } from '../../lib/define/graph/layout.ts';

/* A graph of hundreds of nodes takes a second to be laid out: the page goes on meanwhile. */

// Typed for a page, not for a worker: there it is the same but for the origin that a page would name.
const port = globalThis as unknown as Pick<Worker, 'postMessage' | 'addEventListener'>;

port.addEventListener('message', ({ data }: MessageEvent<{ id: number; graph: Graph }>) => {
  port.postMessage({ id: data.id, placed: place(data.graph) });
});
