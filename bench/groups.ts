import type { Group } from './group.ts';
import { threads } from './threads/figures.ts';

/** What `npm run bench` measures. */
export const groups: readonly Group[] = [threads];
