import { runCli } from '../../lib/cli/program.ts';
import { systemClock } from '../../lib/compose/system.ts';
import { startApp } from '../api/start-app.ts';

/** A command line against the app over a fake client. */
export function startCli() {
  const served = startApp();
  const urls: string[] = [];
  const files = new Map<string, string>();
  const run = async (
    args: string,
    over: { env?: Record<string, string>; color?: boolean; stdin?: string } = {},
  ) => {
    let out = '';
    let err = '';
    const code = await runCli(split(args), {
      out: (text) => {
        out += text;
      },
      err: (text) => {
        err += text;
      },
      env: over.env ?? {},
      color: { out: over.color ?? false, err: over.color ?? false },
      clock: systemClock,
      readStdin: async () => over.stdin ?? '',
      readFile: async (path) => {
        const text = files.get(path);
        if (text === undefined) throw new Error(`ENOENT: no such file, open '${path}'`);
        return text;
      },
      fetch: async (url, init) => {
        urls.push(url);
        return served.app.request(url, init);
      },
    });
    return { code, out, err };
  };
  return { ...served, run, urls, files };
}

/** Words, and what stands between single quotes as one. */
const split = (line: string) =>
  [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, word]) => quoted ?? word ?? '');
