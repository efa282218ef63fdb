import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineTask, NonRetryableError } from 'holdfast';
import { runCommand } from 'holdfast/commands';
import * as z from 'zod';
import { AgentRequest, misconfigured } from './request.ts';

const extension = import.meta.url.slice(-3);
const program = fileURLToPath(new URL(`./program${extension}`, import.meta.url));
const conditions = extension === '.ts' ? ['--conditions=holdfast-source'] : [];

/** What the agent's program may be told by the worker's environment, and nothing else of it. */
const variables = [
  'OPENAI_API_KEY',
  'OPENAI_BASE_URL',
  'OPENAI_DEFAULT_MODEL',
  'AGENT_DIRECTORY',
  'AGENT_COMMANDS',
];

/**
 * Has a prompt executed by an agent of the OpenAI Agents SDK, in a process of its own: at the task's timeout, a cancel
 * or a lost lease it ends with all that its tools have started.
 */
export const agent = defineTask({
  name: 'agent',
  input: AgentRequest,
  output: z.object({
    /** What the agent said: its standard output. */
    answer: z.string(),
    exitCode: z.int(),
    /** What it did: a JSON line for each use of a tool. */
    stderr: z.string(),
    stdoutTruncated: z.boolean(),
    stderrTruncated: z.boolean(),
    durationMs: z.number(),
  }),
  timeout: '5m',
  retry: { maxAttempts: 2 },
  run: async (request, { signal }) => {
    if (!existsSync(program)) throw new NonRetryableError(`The agent's program ${program} is not here`);
    const { stdout, ...rest } = await runCommand(
      { allow: [process.execPath], env: variables, success: [0, misconfigured] },
      { program: process.execPath, args: [...conditions, program], stdin: JSON.stringify(request) },
      { signal },
    );
    if (rest.exitCode === misconfigured) throw new NonRetryableError(rest.stderr.trim());
    return { ...rest, exitCode: 0, answer: stdout };
  },
});
