import { stackName } from './cdk.ts';
import { awsJson } from './signed-request.ts';

interface Page {
  readonly events?: readonly { readonly message: string }[];
  readonly nextToken?: string;
}

export async function logGroups(): Promise<string[]> {
  const { logGroups: groups } = await awsJson<{ logGroups: readonly { logGroupName: string }[] }>(
    'logs',
    'Logs_20140328.DescribeLogGroups',
    {},
  );
  return groups.map(({ logGroupName }) => logGroupName).filter((name) => name.includes(stackName));
}

/** All that the functions have logged so far, line by line. */
export async function logLines(): Promise<string[]> {
  const lines: string[] = [];
  for (const logGroupName of await logGroups()) {
    let nextToken: string | undefined;
    do {
      const page: Page = await awsJson('logs', 'Logs_20140328.FilterLogEvents', {
        logGroupName,
        ...(nextToken === undefined ? {} : { nextToken }),
      });
      for (const { message } of page.events ?? []) lines.push(...message.split('\n'));
      // Some emulators give a token with the last page too.
      nextToken = page.events?.length ? page.nextToken : undefined;
    } while (nextToken !== undefined);
  }
  return lines;
}

/** The lines that are JSON objects. */
export async function logRecords(): Promise<Record<string, unknown>[]> {
  return (await logLines()).flatMap((line) => {
    const from = line.indexOf('{');
    if (from < 0) return [];
    try {
      return [JSON.parse(line.slice(from)) as Record<string, unknown>];
    } catch {
      return [];
    }
  });
}

/** Sums of the metrics in EMF lines, by name. */
export function metricTotals(records: readonly Record<string, unknown>[]): Record<string, number> {
  const totals: Record<string, number> = {};
  for (const record of records) {
    const { CloudWatchMetrics = [] } = (record._aws ?? {}) as {
      CloudWatchMetrics?: { Namespace: string; Metrics: { Name: string }[] }[];
    };
    for (const { Namespace, Metrics } of CloudWatchMetrics) {
      if (Namespace !== 'Holdfast') continue;
      for (const { Name } of Metrics) totals[Name] = (totals[Name] ?? 0) + Number([record[Name]].flat()[0]);
    }
  }
  return totals;
}
