/**
 * What is counted: how attempts ended, and what discovery and the dead-letter queue saw. Of `…Seconds` the largest is what
 * counts, of all others the sum.
 */
export type MetricName =
  | 'TasksSucceeded'
  | 'TasksFailed'
  | 'TasksRetried'
  | 'LeasesLost'
  | 'Takeovers'
  | 'DeadLetters'
  | 'OldestReadySeconds'
  | 'RunsNominated'
  | 'DoorbellsSent';

/** Adds to counters that people watch. It never fails, and it measures no work: Lambda does that already. */
export interface Metrics {
  publish(counts: Readonly<Partial<Record<MetricName, number>>>): void;
}
