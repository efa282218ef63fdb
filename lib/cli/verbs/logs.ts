import type { Command } from 'commander';
import type { AttemptView } from '../../client/attempt-view.ts';
import type { HttpClient } from '../../client/http-client.ts';
import type { Cli } from '../cli.ts';
import { openSession } from '../options.ts';
import { attemptLines } from '../show-attempts.ts';

interface Given {
  readonly node?: string;
}

export function addLogs(program: Command, cli: Cli): void {
  program
    .command('logs')
    .argument('<id>', 'the id of a run')
    .summary('show what handlers logged')
    .description(
      'Shows what the attempts of a run told by the time they ended: what they logged, the variables they set, how they failed.',
    )
    .option('--node <path>', 'only of this node of a workflow')
    .action(async (id: string, { node }: Given, command: Command) => {
      const { client, inTenant, paint, print } = openSession(command, cli);
      const query = { ...inTenant, ...(node !== undefined && { node }) };
      const attempts = await allAttempts(client, id, query);
      print({ attempts }, () => attemptLines(attempts, paint));
    });
}

async function allAttempts(
  client: HttpClient,
  id: string,
  query: { readonly tenant?: string; readonly node?: string },
): Promise<readonly AttemptView[]> {
  const attempts: AttemptView[] = [];
  let cursor: string | undefined;
  do {
    const page = await client.attempts(id, { ...query, limit: 100, ...(cursor !== undefined && { cursor }) });
    attempts.push(...page.attempts);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return attempts;
}
