import { again, decision, defineTask, defineWorkflow, done } from 'holdfast';
import * as z from 'zod';

/** A value that every sample takes and gives. */
export const Count = z.object({ n: z.number() });

export const task = <const Name extends string>(name: Name) =>
  defineTask({ name, input: Count, run: ({ n }) => ({ n }) });

export const check = defineTask({
  name: 'check',
  input: Count,
  output: decision({ again: Count, done: Count }),
  run: ({ n }) => (n > 1 ? done({ n }) : again({ n })),
});

/** A workflow with every kind of element. */
export const everything = () =>
  defineWorkflow('everything', { input: Count })
    .step(task('validate'))
    .fork({
      payment: (b) => b.step(task('charge')),
      stock: (b) => b.step(task('reserve')).delay('settle', '90s'),
    })
    .join('confirm', ({ payment }) => payment)
    .branch(
      'route',
      ({ n }) => (n > 1 ? 'fast' : 'slow'),
      { fast: (b) => b.step(task('fly')) },
      (b) => b.step(task('wait')),
    )
    .map('shape', (value) => value)
    .loop('poll', (b) => b.delay('pause', '1h').step(check), { maxIterations: 20, onMax: 'exitWithLast' })
    .build();

/** What another workflow starts. */
export const invoice = defineWorkflow('invoice', { input: Count }).step(task('bill')).build();

/** A workflow with every way to wait for something from outside. */
export const waiting = () =>
  defineWorkflow('waiting', { input: Count })
    .awaitSignal('approved', {
      schema: Count,
      timeout: '2d',
      merge: (value, approval) => ({ n: value.n + approval.n }),
      onTimeout: (b) => b.step(task('remind')).delay('grace', '1h'),
    })
    .awaitSignal('paid', { id: 'payment', schema: Count })
    .child(invoice)
    .child(invoice, { id: 'copy' })
    .build();
