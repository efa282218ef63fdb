/*
 * A fresh process: imports a function's bundle, gives it its first event, and tells how long both took, in ms. Node itself
 * has started before: that is the same for all.
 */
const [bundle = '', eventText = '{}'] = process.argv.slice(2);
const event: unknown = JSON.parse(eventText);
const context = {
  functionName: 'bench',
  awsRequestId: crypto.randomUUID(),
  getRemainingTimeInMillis: () => 30_000,
};

const before = performance.now();
const { handler } = (await import(bundle)) as {
  handler: (
    event: unknown,
    context: unknown,
  ) => Promise<{ batchItemFailures?: readonly unknown[] } | undefined>;
};
const response = await handler(event, context);
const took = performance.now() - before;
if (response?.batchItemFailures?.length !== 0) throw new Error('the first task has failed');
process.send?.(took);
process.once('disconnect', () => process.exit());
