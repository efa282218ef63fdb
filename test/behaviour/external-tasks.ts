import { defineWorkflow } from 'holdfast';
import { externalTasks } from 'holdfast/external';
import * as z from 'zod';

const once = { retry: { maxAttempts: 1 } } as const;

const external = externalTasks({
  command: process.execPath,
  args: [new URL('../external/fixtures/executor.js', import.meta.url)],
  tasks: {
    'conformance.echo': { output: z.object({ n: z.int() }) },
    'conformance.fail': { retry: { maxAttempts: 2, backoff: '1ms' } },
    'conformance.sleep': { input: z.object({ ms: z.int() }), timeout: '2s', ...once },
    'conformance.context': { retry: { maxAttempts: 2, backoff: '1ms' } },
    whoami: {},
    parent: {},
    relay: { lease: '2s', retry: { maxAttempts: 2, backoff: '1ms' } },
    resumes: { lease: '2s', retry: { maxAttempts: 2, backoff: '1ms' } },
    prints: { ...once },
    'not-there': { ...once },
  },
});

export const {
  'conformance.echo': echo,
  'conformance.fail': fail,
  'conformance.sleep': sleep,
  'conformance.context': context,
  'not-there': notThere,
  parent,
  prints,
  relay,
  resumes,
  whoami,
} = external;

export const twice = defineWorkflow('twice', { input: z.object({ n: z.int() }) })
  .step(echo)
  .map('double', ({ n }) => ({ n: n * 2 }))
  .step(echo, { id: 'again' })
  .build();
