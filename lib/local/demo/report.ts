/** Counts of requests and events by name, such as `{ 'dynamodb:UpdateItem': 3 }`. */
export type Counts = Readonly<Record<string, number>>;

/** What was sent between two readings. */
export function difference(after: Counts, before: Counts): Counts {
  const pairs = Object.entries(after).map(([name, count]) => [name, count - (before[name] ?? 0)] as const);
  return Object.fromEntries(pairs.filter(([, count]) => count > 0));
}

export interface DemoFigures {
  readonly tasks: number;
  readonly seconds: number;
  readonly retries: number;
  /** Up to when the last task had ended; the demo's own reads of results come after. */
  readonly counts: Counts;
}

const sum = (counts: Counts, wanted: (name: string) => boolean): number =>
  Object.entries(counts).reduce((total, [name, count]) => (wanted(name) ? total + count : total), 0);

/** The figures as lines for people. */
export function reportLines({ tasks, seconds, retries, counts }: DemoFigures): string[] {
  const perTask = (count: number) => (count / tasks).toFixed(2);
  const writes = sum(counts, (name) => name === 'dynamodb:PutItem' || name === 'dynamodb:UpdateItem');
  const reads = sum(counts, (name) => name.startsWith('dynamodb:')) - writes;
  const sqs = sum(counts, (name) => name.startsWith('sqs:'));
  return [
    `tasks                  ${tasks} in ${seconds.toFixed(2)} s, ${Math.round(tasks / seconds)} tasks/s`,
    `retries                ${retries}`,
    `duplicates suppressed  ${counts['holdfast:duplicate'] ?? 0}`,
    `requests per task      DynamoDB ${perTask(writes)} writes and ${perTask(reads)} reads, SQS ${perTask(sqs)}`,
  ];
}
