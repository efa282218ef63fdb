import type { Settings } from '../config/settings.ts';
import type { Creation } from '../model/transition.ts';

/** Where the open runs of a tenant are limited: the run as one of them, or not at all. */
export function counted(creation: Creation, { openRuns }: Pick<Settings, 'openRuns'>): Creation {
  if (openRuns === 0) return creation;
  return { ...creation, openMax: openRuns, run: { ...creation.run, counted: true } };
}
