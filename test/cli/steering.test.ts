import { describe, expect, it, vi } from 'vitest';
import { activeRun, failedRun } from '../api/fake-client.ts';
import { startCli } from './run.ts';

describe('holdfast signal', () => {
  it('sends JSON, a file, standard input or nothing', async () => {
    const { run, client, files } = startCli();
    client.put(activeRun({ status: 'waiting' }));
    files.set('in.json', '[1]');
    expect(await run(`signal r1 approved '{"by":"me"}' --id s-1`)).toEqual({
      code: 0,
      out: 'sent  r1  waiting\n',
      err: '',
    });
    await run('signal r1 approved @in.json');
    await run('signal r1 approved -', { stdin: 'null' });
    await run('signal r1 approved');
    expect(client.calls.filter(([name]) => name === 'signal')).toEqual([
      ['signal', 'r1', 'approved', { by: 'me' }, { id: 's-1' }],
      ['signal', 'r1', 'approved', [1], {}],
      ['signal', 'r1', 'approved', null, {}],
      ['signal', 'r1', 'approved', undefined, {}],
    ]);
  });
});

describe('holdfast pause, resume, cancel', () => {
  it('ask with who and why', async () => {
    const { run, client } = startCli();
    client.put(activeRun());
    expect((await run(`pause r1 --reason 'too warm' --by me --mode abort`)).out).toBe('paused  r1\n');
    client.put(activeRun({ status: 'paused' }));
    expect((await run(`resume r1 --reason 'cool again' --by me`)).out).toBe('resumed  r1\n');
    expect((await run('cancel r1 --mode abort')).out).toBe('cancelling  r1\n');
    expect((await run('cancel r1 --abort')).code).toBe(0);
    expect(client.calls.filter(([name]) => name !== 'get')).toEqual([
      ['pause', 'r1', { reason: 'too warm', by: 'me', mode: 'abort' }],
      ['resume', 'r1', { reason: 'cool again', by: 'me' }],
      ['cancel', 'r1', { mode: 'abort' }],
      ['cancel', 'r1', { mode: 'abort' }],
    ]);
  });

  it('say that a running attempt may still finish', async () => {
    const { run, client } = startCli();
    const running = activeRun({ status: 'running', pause: { mode: 'graceful', since: 'now' } });
    client.put(running);
    Object.assign(client, { pause: async () => running });
    expect((await run('pause r1')).out).toBe('pausing  r1\n');
    expect(JSON.parse((await run('pause r1 --json')).out)).toEqual(running);
  });
});

describe('holdfast retry', () => {
  it('tries one run again', async () => {
    const { run, client } = startCli();
    client.put(failedRun());
    expect(await run(`retry r1 --input '{"a":2}'`)).toEqual({
      code: 0,
      out: 'retried  r1~2  ready\n',
      err: '',
    });
    expect((await run('retry r1')).out).toBe('known already  r1~2  ready\n');
    expect(client.calls.filter(([name]) => name === 'retry')).toEqual([
      ['retry', 'r1', { input: { a: 2 } }],
      ['retry', 'r1', {}],
    ]);
  });

  it('tries many again, and tells by its exit code whether all could be', async () => {
    const { run, client } = startCli();
    expect((await run('retry --failed')).out).toBe('no runs\n');
    client.put(failedRun());
    const filter = '--name echo --since 2030-01-01 --until 2030-02-01 --limit 5';
    const dry = await run(`retry --failed ${filter} --dry-run`);
    expect(dry).toEqual({ code: 0, out: 'ID  TASK  RETRY\nr1  echo  \n', err: '' });
    expect(client.calls.at(-1)).toEqual([
      'retryAll',
      { name: 'echo', since: '2030-01-01', until: '2030-02-01', limit: 5 },
      { dryRun: true, pages: 5 },
    ]);
    expect(await run('retry --failed')).toEqual({
      code: 0,
      out: 'ID  TASK  RETRY\nr1  echo  r1~2\n',
      err: '',
    });
    client.put(failedRun({ id: 'r0~2', retryOf: 'r0' }));
    const some = await run('retry --failed --tenant acme');
    expect(some.code).toBe(5);
    expect(some.out).toContain('r0~2  echo  NotFailed: did not begin\n');
    expect(client.calls.at(-1)).toEqual([
      'retryAll',
      { tenant: 'acme', limit: 100 },
      { dryRun: false, pages: 5 },
    ]);
    const json = await run('retry --failed --json');
    expect(json.code).toBe(5);
    expect(JSON.parse(json.out).runs).toHaveLength(2);
  });
});

describe('what is done to all', () => {
  const row = (n: number) => ({ id: `r${n}`, task: 'echo', status: 'cancelled' as const });
  const rows = (from: number, to: number) => Array.from({ length: to - from }, (_, n) => row(from + n));

  it('goes on until there are no more', async () => {
    const { run, client } = startCli();
    const parts = vi
      .spyOn(client, 'cancelAll')
      .mockResolvedValueOnce({ runs: rows(0, 100), cursor: 'a' })
      .mockResolvedValueOnce({ runs: rows(100, 200), cursor: 'b' })
      .mockResolvedValueOnce({ runs: rows(200, 203) });
    const { code, err, out } = await run('cancel --all --name echo');
    expect([code, err]).toEqual([0, '']);
    expect(out.match(/^r\d+ .*cancelled/gm)).toHaveLength(203);
    const asked = parts.mock.calls.map(([filter]) => filter);
    const filter = { name: 'echo', limit: 100 };
    expect(asked).toEqual([filter, { ...filter, cursor: 'a' }, { ...filter, cursor: 'b' }]);
  });

  it.each([
    [{ runs: rows(0, 3) }, '3 left: --limit was reached\n', 3],
    [{ runs: rows(0, 1_000), cursor: 'c' }, '1000 or more left: --limit was reached\n', 1_000],
    [{ runs: [] }, '', undefined],
  ])('says how many it left', async (rest, end, left) => {
    for (const json of ['', ' --json']) {
      const { run, client } = startCli();
      const parts = vi
        .spyOn(client, 'cancelAll')
        .mockResolvedValueOnce({ runs: rows(0, 100), cursor: 'a' })
        .mockResolvedValueOnce({ runs: rows(100, 150), cursor: 'b' })
        .mockResolvedValueOnce(rest);
      const { out } = await run(`cancel --all --limit 150${json}`);
      expect(parts.mock.calls.map(([filter, options]) => [filter, options?.dryRun])).toEqual([
        [{ limit: 100 }, false],
        [{ limit: 50, cursor: 'a' }, false],
        [{ limit: 1_000, cursor: 'b' }, true],
      ]);
      if (json === '') expect(out.split('\n').slice(152).join('\n')).toBe(end);
      else expect(JSON.parse(out)).toEqual({ runs: rows(0, 150), ...(left !== undefined && { left }) });
    }
  });

  it('is at least one', async () => {
    const { run } = startCli();
    for (const verb of ['pause --all', 'retry --failed'])
      expect(await run(`${verb} --limit 0`)).toMatchObject({ code: 2, out: '' });
  });
});

describe('holdfast why', () => {
  it('says it as a sentence, or as JSON', async () => {
    const { run, client } = startCli();
    client.put(activeRun({ status: 'waiting' }));
    expect((await run('why r1')).out).toBe('It waits for the signal approved.\n');
    expect(JSON.parse((await run('why r1 --json')).out)).toMatchObject({
      cause: 'signal',
      signal: 'approved',
    });
    Object.assign(client, {
      why: async () => ({ id: 'r1', status: 'failed', cause: 'ended', message: '\u001b[2J' }),
    });
    expect((await run('why r1')).out).toBe('\\u001b[2J\n');
  });
});

describe('holdfast batch', () => {
  const entries = [
    { ref: 'a', task: 'echo', input: 1 },
    { ref: 'b', workflow: 'order', input: 2, dependsOn: ['a'] },
  ];

  it('submits a file or standard input', async () => {
    const { run, client, files } = startCli();
    files.set('batch.json', JSON.stringify(entries));
    expect(await run('batch batch.json --tenant acme')).toEqual({
      code: 0,
      out: 'REF  ID  TASK   STATUS\na    r1  echo   ready\nb    r2  order  ready\n',
      err: '',
    });
    expect(client.calls[0]).toEqual([
      'submitAll',
      [
        { ref: 'a', task: 'echo', input: 1 },
        { ref: 'b', task: 'order', input: 2, dependsOn: ['a'] },
      ],
      { tenant: 'acme' },
    ]);
    const json = await run('batch - --json', { stdin: JSON.stringify(entries) });
    expect(JSON.parse(json.out)).toMatchObject({
      runs: [{ task: 'echo', created: true }, { task: 'order' }],
    });
  });

  it('gives each entry a key', async () => {
    const { run, client } = startCli();
    const own = { ref: 'b', task: 'echo', input: 1, idempotencyKey: 'own' };
    const stdin = JSON.stringify([{ ref: 'a', task: 'echo', input: 1 }, own]);
    await run('batch - --idempotency-key k', { stdin });
    expect(client.submitted.map(({ options }) => options.idempotencyKey)).toEqual(['k.a', 'own']);
  });

  it.each<[string, number, string]>([
    ['{}', 2, 'InvalidArgument: The batch is not a list of entries'],
    ['[1]', 2, 'InvalidArgument: The batch is not a list of entries'],
    ['[', 2, 'MalformedJson: The batch is not JSON'],
    ['[]', 2, 'InvalidArgument: body'],
    ['[{"ref":"a"}]', 2, 'InvalidArgument: Entry 0 names neither'],
    ['[{"ref":"a","workflow":"nope"}]', 2, 'UnknownTask: '],
    ['[{"ref":"a","workflow":"order","timeout":5}]', 2, 'InvalidArgument: 0.timeout'],
  ])('refuses %s', async (stdin, code, message) => {
    const result = await startCli().run('batch -', { stdin });
    expect(result.err.startsWith(message), result.err).toBe(true);
    expect([result.code, result.out]).toEqual([code, '']);
  });
});

describe('holdfast submit --depends-on', () => {
  it('names the runs that must succeed before', async () => {
    const { run, client } = startCli();
    await run('submit echo --depends-on r7 --depends-on r8 --on-dependency-failure skip');
    const options = { dependsOn: ['r7', 'r8'], onDependencyFailure: 'skip' };
    expect(client.submitted).toEqual([{ task: 'echo', input: undefined, options }]);
  });
});

describe('wrong usage and refusals', () => {
  it.each<[string, number, string]>([
    ['signal r1', 2, "InvalidArgument: missing required argument 'name'"],
    ['signal r1 approved {', 2, 'MalformedJson: The payload is not JSON'],
    ['signal r1 approved @missing', 2, 'InvalidArgument: The payload file'],
    ['signal r1 denied', 2, 'UnknownSignal: '],
    ['signal r1 ../cancel', 2, 'UnknownSignal: '],
    [`signal r1 approved --id 'a b'`, 2, 'InvalidArgument: --id'],
    ['signal r2 approved', 4, 'NotFound: '],
    ['pause r1 --mode now', 2, 'InvalidArgument: '],
    ['pause r1 --mode graceful --abort', 2, 'InvalidArgument: '],
    [`pause r1 --reason ''`, 2, 'InvalidArgument: --reason'],
    ['resume r1', 5, 'NotPaused: '],
    ['retry', 2, 'InvalidArgument: No run is named'],
    ['retry r1 --failed', 2, 'InvalidArgument: Both'],
    ['retry r1 --dry-run', 2, 'InvalidArgument: --dry-run is for many runs'],
    ['retry r1 --since 2030-01-01', 2, 'InvalidArgument: --since is for many runs'],
    ['retry --failed --input 1', 2, 'InvalidArgument: --input is for one run'],
    ['retry --failed --limit 0', 2, "InvalidArgument: option '--limit <number>' argument '0' is invalid"],
    ['retry --failed --since yesterday', 2, 'InvalidArgument: --since'],
    ['retry r1', 5, 'NotFailed: '],
    ['retry r2', 4, 'NotFound: '],
    ['why r2', 4, 'NotFound: '],
    ['batch missing.json', 2, 'InvalidArgument: The batch file'],
    ['submit echo --depends-on a#b', 2, 'InvalidArgument: --depends-on'],
    ['submit echo --on-dependency-failure wait', 2, 'InvalidArgument: '],
  ])('%s', async (args, code, message) => {
    const { run, client } = startCli();
    client.put(activeRun());
    const result = await run(args);
    expect(result.err.startsWith(message), result.err).toBe(true);
    expect(result.err).toMatch(/\nhint: \w.*\n$/);
    expect([result.code, result.out]).toEqual([code, '']);
  });
});

describe('holdfast get', () => {
  it('shows what a run has to do with others, and who asked what of it', async () => {
    const { run, client } = startCli();
    const since = '2030-01-01T12:00:00.000Z';
    client.put(
      activeRun({
        status: 'waiting',
        dependsOn: ['a', 'b'],
        waitsFor: ['b'],
        parent: { id: 'p1', node: 'bill' },
        retryOf: 'r0',
        pause: { mode: 'abort', by: 'me\u001b', reason: 'too warm', since },
        resumed: { by: 'you', since },
      }),
    );
    const { out } = await run('get r1');
    expect(out).toContain('depends on  a, b\nwaits for   b\n');
    expect(out).toContain('parent      p1 at bill\nretry of    r0\n');
    expect(out).toContain('pause       abort, by me\\u001b, too warm\n');
    expect(out).toContain(`resumed     ${since}, by you\n`);
    expect(out).toContain('status      waiting\n');
  });

  it('shows the signals and children of nodes, and what failed before any attempt', async () => {
    const { run, client } = startCli();
    const node = { status: 'waiting', attempt: 0, maxAttempts: 1 } as const;
    const until = '2030-01-03T12:00:00.000Z';
    client.put(
      failedRun({
        kind: 'workflow',
        error: { type: 'DependencyFailed', message: 'Run a failed', attempt: 0 },
        nodes: [
          { ...node, id: 'approved', signal: { name: 'yes', until } },
          { ...node, id: 'late', signal: { name: 'yes', until, id: 's-1' }, output: 1 },
          { ...node, id: 'bill', child: { id: 'c1', status: 'failed' } },
        ],
      }),
    );
    const { out } = await run('get r1');
    expect(out).toMatch(new RegExp(`^approved +waiting .* signal yes until ${until}$`, 'm'));
    expect(out).toMatch(/^late +waiting .* signal yes {2}1$/m);
    expect(out).toMatch(/^bill +waiting .* run c1$/m);
    expect(out).toContain('DependencyFailed: Run a failed\n');
  });
});
