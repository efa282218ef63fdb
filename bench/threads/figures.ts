import { closePool } from '../../lib/threads/index.ts';
import type { Group } from '../group.ts';
import { cancel } from './cancel.ts';
import { coldResult } from './cold-result.ts';
import { poolStart } from './pool-start.ts';
import { roundTrip } from './round-trip.ts';
import { spawnOverhead } from './spawn-overhead.ts';
import { spawnRate } from './spawn-rate.ts';

export const threads: Group = {
  name: 'threads',
  title: 'Threads',
  figures: [roundTrip, spawnOverhead, spawnRate, cancel, poolStart, coldResult],
  close: closePool,
};
