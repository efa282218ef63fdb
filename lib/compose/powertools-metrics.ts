import { Metrics as Powertools } from '@aws-lambda-powertools/metrics';
import type { Metrics } from '../ports/metrics.ts';

/**
 * Counters as lines of the log that CloudWatch makes metrics of (EMF): no request, no permission, nothing to wait for.
 * A metric costs only in the hours in which it is published, so zeros are left out and an idle stack pays nothing.
 */
export function powertoolsMetrics(namespace: string, serviceName: string): Metrics {
  const metrics = new Powertools({ namespace, serviceName });
  return {
    publish(counts) {
      for (const [name, count] of Object.entries(counts)) {
        if (count > 0) metrics.addMetric(name, name.endsWith('Seconds') ? 'Seconds' : 'Count', count);
      }
      if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
    },
  };
}

/** For everything that is not deployed. */
export const noMetrics: Metrics = { publish() {} };
