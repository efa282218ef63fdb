import './quick.ts';
import { parentPort, workerData } from 'node:worker_threads';
import { playSeeds, type SeedRange } from './campaign.ts';

parentPort?.postMessage(await playSeeds(workerData as SeedRange));
