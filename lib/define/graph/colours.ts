import type { RunStatus } from '../../model/run.ts';

/** Of nodes by status. Dark text is readable on every fill. */
export const colours: Record<RunStatus, { readonly fill: string; readonly stroke: string }> = {
  ready: { fill: '#e8f0fe', stroke: '#3367d6' },
  waiting: { fill: '#f1f3f4', stroke: '#5f6368' },
  running: { fill: '#fff4d6', stroke: '#b06000' },
  paused: { fill: '#ede7f6', stroke: '#5e35b1' },
  succeeded: { fill: '#e0f2e3', stroke: '#1e7b34' },
  failed: { fill: '#fce4e4', stroke: '#b3261e' },
  cancelled: { fill: '#efe9e4', stroke: '#795548' },
  skipped: { fill: '#fafafa', stroke: '#9aa0a6' },
};
