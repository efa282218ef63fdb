import { again, decision, defineTask, defineWorkflow, done } from 'holdfast';
import * as z from 'zod';

const Order = z.object({ item: z.string(), cents: z.int().min(1), speed: z.enum(['express', 'normal']) });

const charge = defineTask({
  name: 'charge',
  input: Order,
  // The same for every attempt: a payment service that knows the key charges once.
  run: ({ cents }, { idempotencyKey }) => ({ receipt: idempotencyKey, cents }),
});
const reserve = defineTask({ name: 'reserve', input: Order, run: ({ item }) => ({ shelf: item.length }) });

const Parcel = z.object({ carrier: z.string(), stops: z.int() });
const fly = defineTask({ name: 'fly', input: z.unknown(), run: () => ({ carrier: 'plane', stops: 1 }) });
const drive = defineTask({ name: 'drive', input: z.unknown(), run: () => ({ carrier: 'truck', stops: 3 }) });

const track = defineTask({
  name: 'track',
  input: Parcel,
  output: decision({ again: Parcel, done: z.string() }),
  run: ({ carrier, stops }) =>
    stops > 0 ? again({ carrier, stops: stops - 1 }) : done(`arrived by ${carrier}`),
});

export const order = defineWorkflow('order', { input: Order })
  .fork({
    payment: (b) => b.step(charge, { retry: { maxAttempts: 5 }, timeout: '20s' }),
    stock: (b) => b.step(reserve),
    order: (b) => b.map('as-ordered', (order) => order),
  })
  .join('confirm', ({ order, payment, stock }) => ({ ...order, ...payment, ...stock }))
  .delay('cooling-off', '2s') // up to a year: nothing runs meanwhile
  .branch('route', ({ speed }) => speed, {
    express: (b) => b.step(fly),
    normal: (b) => b.step(drive),
  })
  .loop('under-way', (b) => b.step(track), { maxIterations: 20 })
  .build();
