import { defineCommand } from 'holdfast/commands';

/** Looks at the files beside this one. */
export const look = defineCommand({
  name: 'look',
  allow: ['wc', 'sort', '/bin/ls'], // names, looked up in the worker's PATH, and absolute paths; nothing else runs
  cwd: new URL('./', import.meta.url), // the input may name a directory below it
  env: ['TZ'], // what programs see of the worker's environment, beside PATH
  inputEnv: ['LC_ALL'], // what the input may set
  maxOutputBytes: 20_000, // kept of each output; the rest is dropped
  timeout: '10s',
});
