import { defineTask, defineWorkflow } from 'holdfast';
import * as z from 'zod';
import { tell } from './ledger.ts';

export const Order = z.object({
  id: z.string(),
  item: z.string(),
  cents: z.int().min(1),
  /** Where the payment service and the warehouse keep their books. */
  ledger: z.string(),
});
type Order = z.infer<typeof Order>;

const Approval = z.object({ approved: z.boolean(), by: z.string() });
const Decided = z.object({ order: Order, approved: z.boolean(), by: z.string() });

/** A step that tells the ledger one thing, under the key that is the same for every attempt. */
const telling = (name: string, what: Parameters<typeof tell>[1]['what'], amount: (order: Order) => number) =>
  defineTask({
    name,
    input: Order,
    run: async (order, { idempotencyKey: key }) => {
      await tell(order.ledger, { key, what, order: order.id, amount: amount(order) });
      return order;
    },
  });

export const charge = telling('charge', 'charged', ({ cents }) => cents);
export const refund = telling('refund', 'refunded', ({ cents }) => -cents);
export const reserve = telling('reserve', 'reserved', () => 1);
export const release = telling('release', 'released', () => -1);
export const ship = telling('ship', 'shipped', () => 1);
export const write = telling('write', 'invoiced', ({ cents }) => cents);

/** Invoices are a workflow of their own; an order starts one as a child run. */
export const invoice = defineWorkflow('invoice', { input: Order })
  .step(write)
  .map('number', ({ id }) => `invoice-${id}`)
  .build();

/** Above this somebody must approve. */
const largeCents = 100_000;

/** Pays and reserves side by side, has large orders approved, and takes both back when nobody approves in time. */
export const orderProcess = defineWorkflow('order-process', { input: Order })
  .fork({
    payment: (b) => b.step(charge),
    stock: (b) => b.step(reserve),
  })
  .join('secured', ({ payment }) => payment)
  .branch('size', ({ cents }) => (cents > largeCents ? 'large' : 'small'), {
    small: (b) => b.map('waved-through', (order) => ({ order, approved: true, by: 'policy' })),
    large: (b) =>
      b.awaitSignal('approval', {
        schema: Approval,
        timeout: '3s',
        merge: (order, approval) => ({ order, ...approval }),
        onTimeout: (late) => late.map('lapsed', (order) => ({ order, approved: false, by: 'nobody' })),
      }),
  })
  .branch('decided', (decision) => (Decided.parse(decision).approved ? 'yes' : 'no'), {
    yes: (b) =>
      b
        .map('approved', ({ order }) => order)
        .step(ship)
        .child(invoice)
        .map('shipped', (number) => ({ status: 'shipped', invoice: number })),
    no: (b) =>
      b
        .map('refused', ({ order }) => order)
        .fork({ money: (c) => c.step(refund), goods: (c) => c.step(release) })
        .join('taken-back', ({ money }) => ({ status: 'taken back', invoice: `none for ${money.id}` })),
  })
  .build();
