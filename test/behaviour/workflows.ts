import { access, appendFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { again, currentContext, decision, defineTask, defineWorkflow, done } from 'holdfast';
import * as z from 'zod';

/** Workflows of the behaviour tests; a module of its own, so that executor processes can load it. */

export const addOne = defineTask({ name: 'add-one', input: z.number(), run: (n) => n + 1 });
export const double = defineTask({ name: 'double', input: z.number(), run: (n) => n * 2 });

const Meeting = z.object({ directory: z.string(), all: z.array(z.string()) });

/** Waits in one branch until all the others have begun: side by side, or never. */
export const meet = defineTask({
  name: 'meet',
  input: Meeting,
  timeout: '30s',
  run: async ({ all, directory }, { metadata, signal, workerId }) => {
    await writeFile(join(directory, String(metadata?.name)), '');
    for (const name of all) {
      while (!(await exists(join(directory, name)))) await pause(20, undefined, { signal });
    }
    return workerId;
  },
});

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );

/** The first branch goes on in the executor of the step before, the others go to whoever is free. */
export const meeting = defineWorkflow('meeting', { input: Meeting })
  .map('begin', (input) => input)
  .fork({
    a: (b) => b.step(meet, { metadata: { name: 'a' } }),
    b: (b) => b.step(meet, { metadata: { name: 'b' } }),
    c: (b) => b.step(meet, { metadata: { name: 'c' } }),
  })
  .join('workers', ({ a, b, c }) => [a, b, c])
  .build();

const Search = z.object({ low: z.int(), high: z.int(), wanted: z.int() });

/** Halves the range, or has found it. */
export const halve = defineTask({
  name: 'halve',
  input: Search,
  output: decision({ again: Search, done: z.int() }),
  run: ({ high, low, wanted }) => {
    const middle = Math.floor((low + high) / 2);
    if (middle === wanted) return done(middle);
    return again(middle < wanted ? { low: middle + 1, high, wanted } : { low, high: middle - 1, wanted });
  },
});

export const search = defineWorkflow('search', { input: Search })
  .loop('bisect', (b) => b.step(halve), { maxIterations: 30 })
  .delay('rest', '1s')
  .branch('parity', (n) => (n % 2 === 0 ? 'even' : 'odd'), {
    even: (b) => b.map('half', (n) => n / 2),
    odd: (b) => b.step(addOne).step(double),
  })
  .map('text', (n) => `result ${n}`)
  .build();

/** What a handler sees of itself, from a function that nobody handed it to. */
export const introspect = defineTask({
  name: 'introspect',
  input: z.unknown(),
  run: async () => await deepBelow(),
});
async function deepBelow() {
  await pause(1);
  const ctx = currentContext();
  if (!ctx) throw new Error('there is no context');
  const {
    attempt,
    fencingToken,
    idempotencyKey,
    iteration,
    metadata,
    runId,
    task,
    taskId,
    tenant,
    workflow,
  } = ctx;
  return {
    ...{ attempt, fencingToken, idempotencyKey, iteration, metadata, runId, task, taskId, tenant, workflow },
    remainsUnder: ctx.remainingMs() <= 45_000,
    aborted: ctx.signal.aborted,
    logs: typeof ctx.logger.info,
  };
}

export const self = defineWorkflow('self', { input: z.unknown() })
  .step(introspect, { id: 'first', metadata: { team: 'blue', level: 3 }, timeout: '45s' })
  .loop(
    'rounds',
    (b) =>
      b
        .step(introspect, { id: 'inner' })
        .map('enough', (seen) => (seen.iteration === 2 ? done(seen) : again(seen))),
    { maxIterations: 5 },
  )
  .build();

/** Fails as often as it is told, then says how often it was tried. */
export const stubborn = defineTask({
  name: 'stubborn',
  input: z.object({ failures: z.int() }),
  retry: { maxAttempts: 2, backoff: '10ms' },
  run: ({ failures }, { attempt }) => {
    if (attempt <= failures) throw new RangeError(`attempt ${attempt}`);
    return attempt;
  },
});
/** The step's own policy counts, not the task's. */
export const patient = defineWorkflow('patient', { input: z.object({ failures: z.int() }) })
  .step(stubborn, { retry: { maxAttempts: 4, backoff: '10ms' } })
  .build();

export const hang = defineTask({
  name: 'hang',
  input: z.unknown(),
  run: async (_input, { signal }) => await pause(60_000, 'too late', { signal }),
});
export const hurried = defineWorkflow('hurried', { input: z.unknown() })
  .map('before', () => 'x')
  .step(hang, { timeout: '100ms', retry: { maxAttempts: 2, backoff: '10ms' } })
  .build();

export const bulky = defineTask({
  name: 'bulky',
  input: z.object({ chars: z.int() }),
  run: ({ chars }) => 'x'.repeat(chars),
});
export const weigh = defineWorkflow('weigh', { input: z.object({ chars: z.int() }) })
  .step(bulky)
  .map('length', (text) => text.length)
  .build();

/** Outlasts its lease, which is renewed. */
export const long = defineTask({
  name: 'long',
  input: z.object({ ms: z.int(), log: z.string() }),
  run: async ({ log, ms }, { attempt, signal, workerId }) => {
    await appendFile(log, `long ${workerId} ${attempt}\n`);
    await pause(ms, undefined, { signal });
    return attempt;
  },
});
const note = defineTask({
  name: 'note',
  input: z.object({ ms: z.int(), log: z.string() }),
  run: async (input, { taskId }) => {
    await appendFile(input.log, `${taskId}\n`);
    return input;
  },
});
export const journal = defineWorkflow('journal', { input: z.object({ ms: z.int(), log: z.string() }) })
  .step(note, { id: 'one' })
  .step(note, { id: 'two' })
  .step(long, { lease: '1s' })
  .build();

/** Throws what nobody should throw. */
export const throwing = defineTask({
  name: 'throwing',
  input: z.enum(['text', 'undefined', 'object', 'rejection', 'error']),
  retry: { maxAttempts: 1 },
  run: (what): unknown => {
    switch (what) {
      case 'text':
        throw 'just a text';
      case 'undefined':
        throw undefined;
      case 'object':
        throw { reason: 'an object' };
      case 'rejection':
        return Promise.reject(new SyntaxError('rejected'));
      case 'error':
        throw new TypeError('an error');
    }
  },
});
export const thrower = defineWorkflow('thrower', {
  input: z.enum(['text', 'undefined', 'object', 'rejection', 'error']),
})
  .step(throwing)
  .map('never', () => 'not reached')
  .build();

/** Returns data that looks like a decision, and is none. */
const pretend = defineTask({ name: 'pretend', input: z.unknown(), run: () => ({ tag: 'done', value: 1 }) });
export const pretender = defineWorkflow('pretender', { input: z.unknown() })
  .map('begin', (value) => value)
  .loop('round', (b) => b.step(pretend as never, { retry: { maxAttempts: 1 } }) as never, {
    maxIterations: 3,
  })
  .build();

/** No key of its routes. */
export const astray = defineWorkflow('astray', { input: z.string() })
  .branch('way', (key) => key as 'left', { left: (b) => b.map('turn', () => 'turned') })
  .build();
