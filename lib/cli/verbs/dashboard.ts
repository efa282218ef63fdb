import type { Command } from 'commander';
import { envNames } from '../../config/env.ts';
import { forwardTo } from '../../dashboard/forward.ts';
import { serveApi } from '../../local/api-server.ts';
import { untilSignalled } from '../../local/signals.ts';
import type { Cli } from '../cli.ts';
import { accessOf, wholeNumber } from '../options.ts';

const portDefault = 3_080;
/** What a request under way gets at the end. */
const graceMs = 1_000;

export function addDashboard(program: Command, cli: Cli): void {
  program
    .command('dashboard')
    .summary('show a stack in the browser')
    .description(
      `Serves the dashboard on this machine alone, until Ctrl-C, and hands its requests on to the API that --url or
${envNames.url} names, signed or with a token as those of every other verb.`,
    )
    .option('--port <number>', 'where it is served; 0 takes a free one', wholeNumber, portDefault)
    .action(async ({ port }: { readonly port: number }, command: Command) => {
      const { json } = command.optsWithGlobals<{ json?: boolean }>();
      const access = accessOf(command, cli);
      const told = untilSignalled();
      const server = await serveApi(forwardTo(access), port);
      const { url } = server;
      cli.out(
        json ? `${JSON.stringify({ dashboard: url, api: access.url })}\n` : `holdfast dashboard ${url}\n`,
      );
      await told;
      await server.close(AbortSignal.timeout(graceMs));
    });
}
