// A limit of SQS: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
const batchMax = 10;

interface Batch<T> {
  readonly queueUrl: string;
  readonly items: readonly T[];
}

/** Cuts into what one request each can carry: ten of one queue. */
export function messageBatches<T>(all: readonly T[], urlOf: (item: T) => string): Batch<T>[] {
  // Not by Map.groupBy: emulators run functions on the machine's own node, which may be older.
  const byQueue = new Map<string, T[]>();
  for (const item of all) {
    const queueUrl = urlOf(item);
    const same = byQueue.get(queueUrl);
    if (same) same.push(item);
    else byQueue.set(queueUrl, [item]);
  }
  const batches: Batch<T>[] = [];
  for (const [queueUrl, items] of byQueue) {
    for (let from = 0; from < items.length; from += batchMax) {
      batches.push({ queueUrl, items: items.slice(from, from + batchMax) });
    }
  }
  return batches;
}
