/** Roughly how many messages there are in all queues of a pool, as far as the service knows. */
export interface PoolCounts {
  /** A worker that asks gets them. */
  readonly waiting: number;
  /** Received, and hidden until they are deleted or their time is over. */
  readonly inFlight: number;
  /** Sent with a delay that is not over. */
  readonly delayed: number;
  /** In the dead-letter queues, hidden ones included. Absent where a pool has none. */
  readonly deadLetters?: number;
}

/** What people look at and mend of the pools' queues. No run depends on it. */
export interface PoolQueues {
  /** @throws HoldfastError `NotFound` for an unknown pool, `QueueUnreachable` */
  counts(pool: string): Promise<PoolCounts>;
  /**
   * Sends the dead letters of a pool back to the queues that they come from. Resolves to how many are, roughly: the service
   * may go on moving them when it has said so. A letter that comes back twice does no harm.
   *
   * @throws HoldfastError `NotFound` for an unknown pool and for one without a dead-letter queue, `QueueUnreachable`
   */
  redrive(pool: string): Promise<number>;
}
