import { describe, expect, it } from 'vitest';
import type { AttemptsPage, AttemptView } from '../../lib/client/attempt-view.ts';
import type { AttemptsOptions } from '../../lib/client/client.ts';
import { activeRun, attemptView } from '../api/fake-client.ts';
import { startCli } from './run.ts';

const at = (second: number) => `2030-01-01T12:00:0${second}.000Z`;

/** Pages of one attempt each. */
function startWith(attempts: readonly AttemptView[]) {
  const started = startCli();
  const asked: AttemptsOptions[] = [];
  started.client.put(activeRun());
  const page = async (_run: unknown, options: AttemptsOptions): Promise<AttemptsPage> => {
    asked.push(options);
    const index = Number(options.cursor ?? 0);
    const next = index + 1 < attempts.length ? { cursor: String(index + 1) } : {};
    return { attempts: attempts.slice(index, index + 1), ...next };
  };
  Object.assign(started.client, { attempts: page });
  return { ...started, asked };
}

const first: AttemptView = {
  ...attemptView,
  endedAt: at(3),
  logs: [
    { at: at(1), level: 'info', message: 'begun', fields: { page: 1 } },
    { at: at(3), level: 'error', message: 'Error: no\n    at here\u001b[31m', console: true },
  ],
};
const { error: _, resources: __, ...succeeded } = attemptView;
const second: AttemptView = {
  ...succeeded,
  attempt: 2,
  outcome: 'succeeded',
  endedAt: at(4),
  durationMs: 2_000,
  logs: [{ at: at(2), level: 'debug', message: 'again' }],
  variables: {},
};

describe('holdfast logs', () => {
  it('shows what attempts told as one log, in the order of time', async () => {
    const { run } = startWith([first, second]);
    expect(await run('logs r1')).toEqual({
      code: 0,
      out: [
        `${at(1)}  info   attempt 1  begun  {"page":1}`,
        `${at(2)}  debug  attempt 2  again`,
        `${at(3)}  error  attempt 1  Error: no\n    at here\\u001b[31m`,
        `${at(3)}         attempt 1  page = 1`,
        `${at(3)}         attempt 1  retrying after 12 ms  TypeError: no such thing  (50 MiB, 0.500 s user, 0.100 s system, of the whole process)`,
        `${at(4)}         attempt 2  succeeded after 2.0 s`,
        '',
      ].join('\n'),
      err: '',
    });
  });

  it('names the nodes of a workflow, and reads those of one of them', async () => {
    const { asked, run } = startWith([{ ...second, node: 'poll/check', iteration: 3 }]);
    const { out } = await run('logs r1 --node poll/check');
    expect(out).toContain('poll/check attempt 2, iteration 3  again');
    expect(asked).toEqual([{ node: 'poll/check', limit: 100 }]);
  });

  it('prints one JSON document, of all pages', async () => {
    const { run } = startWith([first, second]);
    expect(JSON.parse((await run('logs r1 --json')).out)).toEqual({ attempts: [first, second] });
  });

  it('has nothing to print where nothing was told, and 4 where there is no run', async () => {
    const { run } = startWith([]);
    expect(await run('logs r1')).toEqual({ code: 0, out: '', err: '' });
    expect(await startCli().run('logs r1')).toMatchObject({
      code: 4,
      err: expect.stringMatching(/^NotFound/),
    });
  });
});
