#!/usr/bin/env node
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { styleText } from 'node:util';
import { systemClock } from '../compose/system.ts';
import { runCli } from './program.ts';

// Node decides by the terminal, NO_COLOR and FORCE_COLOR.
const showsColor = (stream: NodeJS.WriteStream) => styleText('red', 'x', { stream }) !== 'x';

// A reader that has seen enough, such as `head`, is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
// Whoever does not read why still learns by the exit code.
process.stderr.on('error', () => {});

process.exitCode = await runCli(process.argv.slice(2), {
  out: (line) => process.stdout.write(line),
  err: (line) => process.stderr.write(line),
  env: process.env,
  color: { out: showsColor(process.stdout), err: showsColor(process.stderr) },
  clock: systemClock,
  readStdin: () => text(process.stdin),
  readFile: (path) => readFile(path, 'utf8'),
});

// Whatever a tasks module left open must not keep the process; what is left to print goes first.
setTimeout(() => process.exit(), 500).unref();
