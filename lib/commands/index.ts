export { defineCommand, runCommand } from './define-command.ts';
export type { CommandInput, CommandOutput } from './input.ts';
export type { CommandOptions } from './policy.ts';
