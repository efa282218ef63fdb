import { createReadStream } from 'node:fs';
import { readdir, realpath } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { tool } from '@openai/agents';
import { runCommand } from 'holdfast/commands';
import * as z from 'zod';
import type { toolNames } from './request.ts';

const charsMax = 20_000;

/** What went wrong goes to the model, which may try something else. */
const errorFunction = (_context: unknown, error: unknown) =>
  error instanceof Error ? error.message : String(error);

/**
 * What an agent can do.
 *
 * @param directory it sees the files below, and no others
 * @param commands the programs it may run, there
 */
export function toolsFor(directory: string, commands: readonly string[]) {
  /** Links are followed first, so that none leads out. */
  const below = async (path: string): Promise<string> => {
    const root = await realpath(directory);
    const found = await realpath(resolve(root, path));
    if (relative(root, found).split('/')[0] === '..') throw new Error(`${path} is not below the directory`);
    return found;
  };
  return {
    list_files: tool({
      name: 'list_files',
      errorFunction,
      description: 'Lists a directory: the names in it, directories with a slash.',
      parameters: z.object({ path: z.string().describe("'.' is the directory itself") }),
      execute: async ({ path }) => {
        const entries = await readdir(await below(path), { withFileTypes: true });
        return entries.map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name)).join('\n');
      },
    }),
    read_file: tool({
      name: 'read_file',
      errorFunction,
      description: `Gives the text of a file, of a long one the first ${charsMax} characters.`,
      parameters: z.object({ path: z.string() }),
      execute: async ({ path }) => {
        // No character of UTF-8 has more bytes. A log may be larger than what memory there is.
        const begin = createReadStream(await below(path), { end: 4 * charsMax });
        return (await text(begin)).slice(0, charsMax);
      },
    }),
    run_command: tool({
      name: 'run_command',
      errorFunction,
      description: `Runs one of ${commands.join(', ')} with arguments, without a shell.`,
      parameters: z.object({ program: z.string(), args: z.array(z.string()) }),
      execute: async (command) => {
        const options = {
          allow: commands,
          cwd: directory,
          maxOutputBytes: charsMax,
          success: 'any',
        } as const;
        return JSON.stringify(await runCommand(options, command));
      },
    }),
  } satisfies Record<(typeof toolNames)[number], unknown>;
}
