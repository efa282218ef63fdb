import * as z from 'zod';

/** What an agent may be allowed to do. */
export const toolNames = ['list_files', 'read_file', 'run_command'] as const;

/** What the agent's program reads from its standard input. */
export const AgentRequest = z.strictObject({
  prompt: z.string().min(1).max(100_000),
  /** The tools it may use. Default: those that only read. */
  allowedTools: z.array(z.enum(toolNames)).default(['list_files', 'read_file']),
  /** How often the model may be asked. */
  maxTurns: z.int().min(1).max(100).default(20),
});

export type AgentRequest = z.output<typeof AgentRequest>;

/** What the program ends with when another attempt would be in vain. */
export const misconfigured = 2;
