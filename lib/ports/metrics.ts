/** What is counted: how attempts ended, and what discovery and the dead-letter queue saw. */
export type MetricName =
  | 'TasksSucceeded'
  | 'TasksFailed'
  | 'TasksRetried'
  | 'LeasesLost'
  | 'Takeovers'
  | 'DeadLetters'
  | 'RunsNominated'
  | 'DoorbellsSent';

/** Adds to counters that people watch. It never fails, and it measures no times: Lambda does that already. */
export interface Metrics {
  publish(counts: Readonly<Partial<Record<MetricName, number>>>): void;
}
