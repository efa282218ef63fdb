import { appendFileSync, existsSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { defineTask, defineWorkflow } from 'holdfast';
import * as z from 'zod';

/** Tasks that tell where they run and in which order. */

const whereabouts = () => ({ pool: process.env.HOLDFAST_POOL, pid: process.pid });

/** The pool that its executor was told to serve. */
export const where = defineTask({ name: 'where', input: z.unknown(), run: whereabouts });

const working = z.object({ log: z.string(), label: z.string(), ms: z.int() });

async function tellAndTake({ label, log, ms }: z.infer<typeof working>): Promise<void> {
  appendFileSync(log, `${label}\n`);
  await pause(ms);
}

/** Writes a line when it begins. */
export const work = defineTask({ name: 'work', input: working, run: tellAndTake });

/** As `work`; by its lease, discovery first looks at it some seconds after its submission, not a minute. */
export const watched = defineTask({ name: 'watched', input: working, lease: '1s', run: tellAndTake });

/** Keeps its executor until the file is there. */
export const gate = defineTask({
  name: 'gate',
  input: z.object({ file: z.string() }),
  run: async ({ file }, { signal }) => {
    while (!existsSync(file)) await pause(20, undefined, { signal });
  },
});

const step = (name: string) => defineTask({ name, input: z.unknown(), run: whereabouts });

/** Steps of different pools, alone and side by side. */
export const tour = defineWorkflow('tour', { input: z.unknown() })
  .step(step('at-home'))
  .step(step('on-gpu'), { tags: ['gpu'] })
  .fork({
    eu: (b) => b.step(step('in-eu'), { tags: ['eu'] }),
    us: (b) => b.step(step('on-gpu-again'), { tags: ['gpu', 'us'] }),
  })
  .join('meet', (outputs) => outputs)
  .build();

/** Goes out to another pool than its run's, stays there for two steps, and comes back. */
export const abroad = defineWorkflow('abroad', { input: z.unknown() })
  .step(step('there'), { tags: ['gpu'] })
  .step(step('still-there'), { tags: ['gpu'] })
  .map('noted', (value) => value)
  .step(step('back'))
  .build();
