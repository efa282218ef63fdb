/** The queues that a pool may have, in the order in which workers look into them. */
export const laneNames = ['aged', 'high', 'normal', 'low'] as const;

/** A queue of a pool: what has aged, what is urgent, what is usual, what can wait. */
export type LaneName = (typeof laneNames)[number];

/** The lanes of a pool in the order of `laneNames`; `normal` is always among them. */
export const inOrder = (has: (lane: LaneName) => boolean): readonly LaneName[] =>
  laneNames.filter((lane) => lane === 'normal' || has(lane));
