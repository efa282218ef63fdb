import { parentPort, workerData } from 'node:worker_threads';
import { playSeeds, type SeedRange } from './campaign.ts';

// Most of the errors of a history are made to be met, and none of their stacks is read.
Error.stackTraceLimit = 0;
parentPort?.postMessage(await playSeeds(workerData as SeedRange));
