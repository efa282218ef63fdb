import { dueRuns, waitingRuns } from './discovery.ts';
import type { Growth } from './growth.ts';
import { history } from './history.ts';
import { growingRuns } from './runs.ts';

/** @param endpoint of a DynamoDB; else that of the embedded runtime */
export const growths = (endpoint: string | undefined): readonly Growth[] => [
  waitingRuns(endpoint),
  dueRuns(endpoint),
  ...growingRuns(endpoint),
  history(endpoint),
];
