import { currentContext, defineTask, defineWorkflow, NonRetryableError } from 'holdfast';
import * as z from 'zod';

/* What the dashboard is shown with. */

const Order = z.object({ id: z.string(), cents: z.int(), item: z.string().optional() });

/** Fails for good with less than a cent. */
const charge = defineTask({
  name: 'charge',
  input: Order,
  run: (order, ctx) => {
    ctx.logger.info('asking the payment service', { cents: order.cents });
    if (order.cents < 1) throw new NonRetryableError(`There is nothing to charge: ${order.cents} cents`);
    ctx.setVariable('receipt', `R-${order.id}`);
    return order;
  },
});

/** Fails as often as it is told to. */
const flaky = defineTask({
  name: 'flaky',
  input: z.object({ times: z.int() }),
  retry: { maxAttempts: 5, backoff: '1ms', maxBackoff: '5ms' },
  run: ({ times }, { attempt }) => {
    if (attempt <= times) throw new Error(`not yet, the ${attempt}. time`);
    return { attempt };
  },
});

const validate = defineTask({ name: 'validate', input: Order, run: (order) => order });
const reserve = defineTask({ name: 'reserve', input: Order, run: (order) => order });
const ship = defineTask({
  name: 'ship',
  input: Order,
  run: ({ id }) => ({ shipped: id, by: currentContext()?.runId ?? '' }),
});
const write = defineTask({ name: 'write', input: Order, run: ({ id }) => `invoice-${id}` });
const invoice = defineWorkflow('invoice', { input: Order }).step(write).build();

const order = defineWorkflow('order', { input: Order })
  .step(validate)
  .fork({ payment: (b) => b.step(charge), stock: (b) => b.step(reserve) })
  .join('confirmed', ({ payment }) => payment)
  .awaitSignal('approval', {
    schema: z.object({ by: z.string() }),
    merge: (value) => value,
  })
  .step(ship)
  .map('shipped', ({ shipped }) => ({ id: shipped, cents: 1 }))
  .child(invoice)
  .build();

/** Works until it is told to stop. */
const hold = defineTask({
  name: 'hold',
  input: z.unknown(),
  lease: '3s',
  run: (_input, { signal }) =>
    new Promise<void>((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    }),
});

const echo = defineTask({ name: 'echo', input: z.unknown(), run: (input) => input });

/** Tells what it is given, as whatever can be told. */
const tell = defineTask({
  name: 'tell',
  input: z.object({ words: z.string(), fail: z.boolean() }),
  retry: { maxAttempts: 1 },
  run: ({ fail, words }, ctx) => {
    ctx.logger.warn(words, { words });
    ctx.setVariable('words', words);
    ctx.progress(words);
    if (fail) throw new Error(words);
    return { words };
  },
});

export const tasks = { charge, echo, flaky, hold, invoice, order, tell };
