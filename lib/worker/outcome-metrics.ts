import type { Metrics } from '../ports/metrics.ts';
import type { Statistics } from './statistics.ts';

/** Publishes, each time it is called, what an executor has counted since the last time. */
export function outcomeMetrics(metrics: Metrics, statistics: Statistics): () => void {
  let before = outcomes(statistics);
  return () => {
    const now = outcomes(statistics);
    metrics.publish({
      TasksSucceeded: now.succeeded - before.succeeded,
      TasksFailed: now.failed - before.failed,
      TasksRetried: now.retried - before.retried,
      LeasesLost: now.lost - before.lost,
      Takeovers: now.takeovers - before.takeovers,
    });
    before = now;
  };
}

function outcomes({ succeeded, failed, exhausted, retried, lost, takeovers }: Statistics) {
  return { succeeded, failed: failed - retried + exhausted, retried, lost, takeovers };
}
