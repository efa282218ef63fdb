import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { requestCounts } from '../../lib/compose/request-count.ts';
import { medianOf } from '../measure.ts';

/** Requests that are made for the work: an empty poll is not. */
const counted = /^dynamodb:|^s3:|^sqs:Send/;

/** What it takes: the median time, and the requests of one time. */
export async function meter(repetitions: number, work: () => Promise<unknown>) {
  const times: number[] = [];
  const before = requests();
  for (let n = 0; n < repetitions; n++) {
    const started = performance.now();
    await work();
    times.push(performance.now() - started);
  }
  return { ms: medianOf(times), requests: (requests() - before) / repetitions };
}

function requests(): number {
  const counts = Object.entries(requestCounts()).filter(([name]) => counted.test(name));
  return counts.reduce((sum, [, count]) => sum + count, 0);
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** What is really held, in MB. */
export function heldMb(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed / 1_048_576;
}
