import { access, appendFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { defineTask, defineWorkflow } from 'holdfast';
import * as z from 'zod';

/** What runs wait for and what people do to them; a module of its own, so that executor processes can load it. */

export const add = defineTask({
  name: 'add',
  input: z.number(),
  run: (to, { dependencies }) =>
    Object.values(dependencies as Record<string, number>).reduce((sum, value) => sum + value, to),
});
export const large = defineTask({ name: 'large', input: z.int(), run: (size) => 'x'.repeat(size) });
export const seen = defineTask({ name: 'seen', input: z.null(), run: (_, { dependencies }) => dependencies });

const Gate = z.object({ file: z.string(), value: z.number() });

/** Says that it runs, and goes on once the file says so. */
export const gate = defineTask({
  name: 'gate',
  input: Gate,
  lease: '2s',
  run: async ({ file, value }, { signal }) => {
    await appendFile(`${file}.runs`, 'x');
    while (!(await exists(file))) await pause(20, undefined, { signal });
    return value;
  },
});
const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );
export const note = defineTask({
  name: 'note',
  input: z.object({ file: z.string(), value: z.number() }),
  run: async (input) => {
    await appendFile(input.file, `${input.value}\n`);
    return input;
  },
});

export const gated = defineWorkflow('gated', { input: Gate }).step(gate).step(add).build();

const Approval = z.object({ by: z.string() });
export const approved = defineWorkflow('approved', { input: z.number() })
  .step(add)
  .awaitSignal('approved', { schema: Approval, merge: (sum, { by }) => `${sum} by ${by}` })
  .build();
export const impatient = defineWorkflow('impatient', { input: z.number() })
  .awaitSignal('approved', {
    schema: Approval,
    timeout: '1s',
    onTimeout: (b) => b.map('late', () => ({ by: 'nobody' })),
  })
  .build();
export const parent = defineWorkflow('parent', { input: Gate })
  .fork({ child: (b) => b.child(gated), own: (b) => b.map('value', ({ value }) => value) })
  .join('sum', ({ child, own }) => child + own)
  .build();
export const big = defineWorkflow('big', { input: z.int() }).step(large).build();
export const bigParent = defineWorkflow('big-parent', { input: z.int() })
  .child(big)
  .map('length', (text) => text.length)
  .build();

const Checked = z.object({ file: z.string(), value: z.number().max(10) });

/** Fails for what is too large, so that somebody must mend it. */
export const strict = defineTask({
  name: 'strict',
  input: z.object({ file: z.string(), value: z.number() }),
  retry: { maxAttempts: 1 },
  run: async (input) => {
    await appendFile(input.file, 's');
    const { error } = Checked.safeParse(input);
    if (error) throw new RangeError(`${input.value} is too large`);
    return input.value;
  },
});
export const mended = defineWorkflow('mended', { input: z.object({ file: z.string(), value: z.number() }) })
  .step(note, { id: 'first' })
  .fork({
    left: (b) => b.map('value', ({ value }) => value),
    right: (b) => b.step(strict),
  })
  .join('total', ({ left, right }) => left + right)
  .build();
