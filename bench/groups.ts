import { coldStartGroup } from './cold-start/figures.ts';
import { dashboardGroup } from './dashboard/figures.ts';
import type { Group } from './group.ts';
import { taskGroup } from './tasks/figures.ts';
import { threads } from './threads/figures.ts';

/**
 * What `npm run bench` measures.
 *
 * @param endpoint of a DynamoDB; else that of the embedded runtime
 */
export const groupsOf = (endpoint: string | undefined): readonly Group[] => [
  threads,
  taskGroup(endpoint),
  coldStartGroup(endpoint),
  dashboardGroup(),
];

export const groupNames = groupsOf(undefined).map(({ name }) => name);
