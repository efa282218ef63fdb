import type { StandardSchemaV1 } from '@standard-schema/spec';
import { defineWorkflow } from '../../define/workflow/define-workflow.ts';
import { add, count, double, type Piece, piece, sum } from './pieces.ts';

/** What a signal brings: it is added to the number. */
export interface Addend {
  readonly add: number;
}

const addend: StandardSchemaV1<Addend, Addend> = {
  '~standard': { version: 1, vendor: 'holdfast', validate: (value) => ({ value: value as Addend }) },
};

const input = piece;
const schema = addend;
const merge = (given: Piece, { add }: Addend): Piece => ({ ...given, n: given.n + add });
const plus = (n: number) => (given: Piece) => ({ ...given, n: given.n + n });

const approved = defineWorkflow('approved', { input })
  .step(add)
  .awaitSignal('go', { schema, merge, timeout: '4m' })
  .step(double)
  .build();

const patient = defineWorkflow('patient', { input }).awaitSignal('go', { schema, merge }).step(add).build();

const reminded = defineWorkflow('reminded', { input })
  .step(double)
  .awaitSignal('go', { schema, merge, timeout: '90s', onTimeout: (b) => b.step(add).step(double) })
  .map('end', plus(100))
  .build();

const gates = defineWorkflow('gates', { input })
  .fork({
    a: (b) => b.step(add).awaitSignal('go', { schema, merge, timeout: '5m' }),
    b: (b) =>
      b
        .step(add)
        .awaitSignal('go', { schema, merge, timeout: '2m', onTimeout: (c) => c.map('alone', plus(50)) })
        .step(double),
    c: (b) =>
      b
        .step(double)
        .awaitSignal('go', { schema, merge, timeout: '3m', onTimeout: (c) => c })
        .step(add),
  })
  .join(sum)
  .build();

const ticking = defineWorkflow('ticking', { input })
  .loop(
    'tick',
    (b) =>
      b
        .awaitSignal('go', { schema, merge, timeout: '1m', onTimeout: (c) => c.map('none', plus(7)) })
        .step(count),
    { maxIterations: 4, onMax: 'exitWithLast' },
  )
  .build();

const inner = defineWorkflow('inner', { input }).step(double, { id: 'c1' }).step(add, { id: 'c2' }).build();

const asked = defineWorkflow('asked', { input })
  .awaitSignal('go', { schema, merge, timeout: '4m' })
  .step(add, { id: 'c3' })
  .build();

const parent = defineWorkflow('parent', { input }).step(add).child(inner).step(double).build();

const asking = defineWorkflow('asking', { input }).child(asked).build();

const family = defineWorkflow('family', { input })
  .fork({
    left: (b) => b.child(inner),
    right: (b) => b.step(double).child(asked, { id: 'second' }).step(add),
    third: (b) => b.step(add),
  })
  .join(sum)
  .build();

const grand = defineWorkflow('grand', { input }).child(asking).child(parent).step(add).build();

const several = defineWorkflow('several', { input })
  .loop('each', (b) => b.child(inner).step(count), { maxIterations: 3, onMax: 'exitWithLast' })
  .build();

/** Those that wait for signals. */
export const signalWorkflows = { approved, patient, reminded, gates, ticking, asked };
/** Those that start runs of others. */
export const familyWorkflows = { parent, asking, family, grand, several, inner };
