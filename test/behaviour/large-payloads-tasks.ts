import { access } from 'node:fs/promises';
import { defineTask, defineWorkflow } from 'holdfast';
import * as z from 'zod';

/** Values that lie in the bucket; a module of its own, so that executor processes can load it. */

export const echo = defineTask({ name: 'echo', input: z.unknown(), run: (value) => value });
export const make = defineTask({ name: 'make', input: z.int(), run: (size) => 'x'.repeat(size) });
export const lengthOf = defineTask({ name: 'lengthOf', input: z.string(), run: (text) => text.length });
export const grow = defineTask({ name: 'grow', input: z.string(), run: (text) => `${text}y` });

const once = { retry: { maxAttempts: 1 } } as const;

/** Fails until the file is there. */
export const guarded = defineTask({
  name: 'guarded',
  input: z.object({ file: z.string(), text: z.string() }),
  ...once,
  run: async ({ file, text }) => {
    await access(file);
    return text.length;
  },
});
export const readOnce = defineTask({
  name: 'readOnce',
  input: z.string(),
  ...once,
  run: (text) => text.length,
});

/** Its second attempt goes on from what the first one kept. */
export const resuming = defineTask({
  name: 'resuming',
  input: z.int(),
  retry: { maxAttempts: 2, backoff: '1ms' },
  run: async (size, ctx) => {
    if (ctx.checkpointed !== undefined) return (ctx.checkpointed as { text: string }).text.length;
    await ctx.checkpoint({ text: 'x'.repeat(size) });
    throw new Error('after its checkpoint');
  },
});
export const dependencyLengths = defineTask({
  name: 'dependencyLengths',
  input: z.null(),
  run: (_, { dependencies }) => Object.values(dependencies).map((value) => String(value).length),
});

export const passing = defineWorkflow('passing', { input: z.int() })
  .step(make)
  .step(grow)
  .fork({ a: (b) => b.step(lengthOf), b: (b) => b.step(grow) })
  .join('joined', ({ a, b }) => `${a} ${b}`)
  .build();
export const making = defineWorkflow('making', { input: z.int() }).step(make).build();
export const parent = defineWorkflow('parent', { input: z.int() }).child(making).step(lengthOf).build();
export const signalled = defineWorkflow('signalled', { input: z.null() })
  .awaitSignal('text', { schema: z.string() })
  .step(lengthOf)
  .build();
export const failing = defineWorkflow('failing', {
  input: z.object({ file: z.string(), size: z.int() }),
})
  .map('made', ({ file, size }) => ({ file, text: 'x'.repeat(size) }))
  .step(guarded)
  .build();
