import { describe, expect, it } from 'vitest';
import type { Run } from '../../lib/client/run-view.ts';
import { activeRun, failedRun, succeededRun } from '../api/fake-client.ts';
import { startCli } from './run.ts';

describe('holdfast submit', () => {
  it('submits with all options', async () => {
    const { run, client } = startCli();
    const { code, out, err } = await run(
      `submit echo --input '{"a":1}' --idempotency-key k --priority high --tag eu --tag gpu --delay 5m --timeout 30s --max-attempts 2 --tenant acme`,
    );
    expect([code, err]).toEqual([0, '']);
    expect(out).toBe('submitted  keyed  ready\n');
    const options = {
      idempotencyKey: 'k',
      priority: 'high',
      tags: ['eu', 'gpu'],
      delay: '300000ms',
      timeout: '30000ms',
      maxAttempts: 2,
      tenant: 'acme',
    };
    expect(client.submitted).toEqual([{ task: 'echo', input: { a: 1 }, options }]);
    expect((await run(`submit echo --input '{"a":1}' --idempotency-key k --tenant acme`)).out).toMatch(
      /^known already/,
    );
  });

  it('reads the input from a file, from standard input, or has none', async () => {
    const { run, client, files } = startCli();
    files.set('in.json', '[1]');
    await run('submit echo --input @in.json');
    await run('submit echo --input -', { stdin: '"from stdin"' });
    await run('submit echo');
    expect(client.submitted.map(({ input }) => input)).toEqual([[1], 'from stdin', undefined]);
  });

  it('waits, and tells by its exit code how the run ended', async () => {
    const { run, client } = startCli();
    client.put(succeededRun({ b: 2 }, { id: 'keyed', input: 1 }));
    const good = await run('submit echo --input 1 --idempotency-key k --wait');
    expect(good.code).toBe(0);
    expect(good.out).toContain('{"b":2}');
    client.put(failedRun({ id: 'keyed', input: 1 }));
    const bad = await run('submit echo --input 1 --idempotency-key k --wait --json');
    expect(bad.code).toBe(1);
    expect(JSON.parse(bad.out)).toMatchObject({ status: 'failed', error: { type: 'TypeError' } });
    client.put(activeRun({ id: 'keyed', input: 1 }));
    const late = await run('submit echo --input 1 --idempotency-key k --wait-timeout 1ms');
    expect(late.code).toBe(1);
    expect(late.err).toMatch(/^WaitTimedOut: /);
  });
});

describe('holdfast get, list, cancel, workers', () => {
  it('shows a run in aligned lines, or as JSON', async () => {
    const { run, client } = startCli();
    client.put(failedRun({ progress: { done: 3 } }));
    const { code, out } = await run('get r1');
    expect(code).toBe(0);
    expect(out).toContain('status    failed\n');
    expect(out).toContain('progress  {"done":3}\n');
    expect(out).toContain('error     TypeError: no such thing (attempt 1)\n');
    expect(JSON.parse((await run('get r1 --json')).out)).toEqual(failedRun({ progress: { done: 3 } }));
  });

  it('lets no data steer the terminal', async () => {
    const { run, client } = startCli();
    const message = '\u001b[2Jgone\u009b1A\nstatus    succeeded\u202e';
    client.put(failedRun({ error: { type: 'E', message, attempt: 1 } }));
    const { out } = await run('get r1');
    for (const steering of ['\u001b', '\u009b', '\u202e']) expect(out).not.toContain(steering);
    expect(out).toContain('\\u001b[2Jgone\\u009b1A\\u000astatus');
  });

  it('lists as a table under titles', async () => {
    const { run, client } = startCli();
    expect((await run('list')).out).toBe('no runs\nmore: --cursor next\n');
    client.put(activeRun());
    client.put(succeededRun(1, { id: 'a-longer-id' }));
    const { out } = await run('list --status ready --limit 2');
    const [head, first, second, more] = out.split('\n');
    expect(head).toBe('ID           TASK  STATUS     ATTEMPT  CREATED                   DURATION');
    expect(first).toBe('r1           echo  ready          0/3  2030-01-01T12:00:00.000Z          ');
    expect(second).toBe('a-longer-id  echo  succeeded      1/3  2030-01-01T12:00:00.000Z     12 ms');
    expect(more).toBe('more: --cursor next');
    expect(JSON.parse((await run('list --json')).out)).toMatchObject({ cursor: 'next', runs: { length: 2 } });
  });

  it('lists by time and order, and page after page to the end', async () => {
    const { run, client } = startCli();
    const range = '--since 2030-01-01 --until 2030-01-31 --sort earliest';
    await run(`list --status failed ${range} --name echo --limit 5`);
    const query = { status: 'failed', since: '2030-01-01', until: '2030-01-31', sort: 'earliest' };
    expect(client.calls).toEqual([['list', { ...query, name: 'echo', limit: 5 }]]);
    expect(await run('list --since soon')).toMatchObject({
      code: 2,
      err: expect.stringMatching(/^InvalidArgument: --since.*\nhint: /),
    });
    const pages = [
      { runs: [activeRun(), activeRun({ id: 'r2' })], cursor: 'next' },
      { runs: [], cursor: 'further' },
      { runs: [activeRun({ id: 'r3' })] },
    ];
    client.pages = pages;
    const lines = (await run('list --all --json')).out.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).id)).toEqual(['r1', 'r2', 'r3']);
    client.pages = pages;
    expect((await run('list --all')).out.match(/^r\d/gm)).toEqual(['r1', 'r2', 'r3']);
    client.pages = [{ runs: [] }];
    expect((await run('list --all')).out).toBe('no runs\n');
  });

  it('cancels', async () => {
    const { run, client } = startCli();
    client.put(activeRun());
    expect(await run(`cancel r1 --reason 'no longer wanted' --by me --abort`)).toEqual({
      code: 0,
      out: 'cancelling  r1\n',
      err: '',
    });
    const options = { reason: 'no longer wanted', by: 'me', mode: 'abort' };
    expect(client.calls[0]).toEqual(['cancel', 'r1', options]);
  });

  it('shows the queues, those that gave no answer as well, and the definitions', async () => {
    const { run } = startCli();
    const [head, first, second] = (await run('queues')).out.split('\n');
    expect(head).toMatch(/^POOL +TAGS +LANES +WAITING +IN FLIGHT +DELAYED +DEAD/);
    expect(first).toMatch(/^default +normal +3 +2 +1 +4 +$/);
    expect(second).toMatch(/^gpu +gpu +normal, high +QueueUnreachable: silent$/);
    expect(JSON.parse((await run('queues --json')).out).queues[0]).toMatchObject({
      pool: 'default',
      waiting: 3,
    });
    const redriven = await run('redrive default');
    expect(redriven).toMatchObject({ code: 0, out: 'default: about 2 dead letters are on their way back\n' });
    expect(JSON.parse((await run('redrive default --json')).out)).toEqual({ pool: 'default', messages: 2 });
    expect(await run('redrive nothing')).toMatchObject({ code: 4, out: '' });
    expect((await run('definitions')).out).toMatch(
      /^NAME .*\necho +task +abc\norder +workflow +2 +o2\norder +workflow +1 +o1\n$/,
    );
    expect(JSON.parse((await run('definitions --json')).out).definitions).toHaveLength(3);
  });

  it('shows the workers', async () => {
    const { run } = startCli();
    expect((await run('workers')).out).toMatch(
      /^ID {2}POOL .*\nw1 {2}default {2}lambda {2}healthy .* 21 ms .*\n$/,
    );
    expect(JSON.parse((await run('workers --json')).out).workers).toHaveLength(1);
  });
});

describe('holdfast watch', () => {
  it('prints each change once, until the run ends', async () => {
    const { run, client } = startCli();
    const story: Run[] = [
      activeRun(),
      activeRun(),
      // For people it reads the same.
      activeRun({ nodes: [{ id: 'a', kind: 'task', status: 'ready' }] as never }),
      activeRun({ status: 'running', attempt: 1, progress: 0.5 }),
      succeededRun('done'),
    ];
    const get = client.get;
    Object.assign(client, {
      get: (...args: Parameters<typeof get>) => {
        client.put(story.shift() ?? succeededRun('done'));
        return get(...args);
      },
    });
    const { code, out } = await run('watch r1 --json');
    const lines = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map(({ status }) => status)).toEqual(['ready', 'ready', 'running', 'succeeded']);
    expect(lines.map(({ nodes }) => nodes?.length)).toEqual([undefined, 1, undefined, undefined]);
    expect(code).toBe(0);
    client.put(failedRun());
    story.push(failedRun());
    const failed = await run('watch r1');
    expect(failed.code).toBe(1);
    expect(failed.out).toBe('failed     attempt 1 of 3  TypeError: no such thing (attempt 1)\n');
  });

  it('follows all runs without an id', async () => {
    const { run, client } = startCli();
    client.put(activeRun());
    client.put(succeededRun(7, { id: 'r2' }));
    const { code, err, out } = await run('watch --name echo --status ready --timeout 300ms --tenant acme');
    expect([code, err]).toEqual([0, '']);
    expect(out).toBe('r1  echo  ready      attempt 0 of 3\nr2  echo  succeeded  attempt 1 of 3  output 7\n');
    expect(client.calls[0]).toEqual([
      'events',
      expect.objectContaining({
        name: 'echo',
        status: 'ready',
        tenant: 'acme',
        signal: expect.any(AbortSignal),
      }),
    ]);
    const json = (await run('watch --timeout 300ms --json')).out.trimEnd().split('\n');
    expect(json.map((line) => JSON.parse(line).id)).toEqual(['r1', 'r2']);
    expect(await run('watch r1 --name echo')).toMatchObject({
      code: 2,
      err: expect.stringContaining('--name'),
    });
    expect((await run('watch --status lost')).code).toBe(2);
  });
});

describe('holdfast run', () => {
  const story = () => [
    activeRun({ id: 'keyed', input: 1, status: 'running', attempt: 1, progress: { done: 5, of: 10 } }),
    succeededRun('done', { id: 'keyed', input: 1 }),
  ];
  function told(runs: readonly Run[]) {
    const started = startCli();
    const left = [...runs];
    const get = started.client.get;
    Object.assign(started.client, {
      get: (...args: Parameters<typeof get>) => {
        const [next] = left.splice(0, 1);
        if (next) started.client.put(next);
        return get(...args);
      },
    });
    return started;
  }
  const line = `run echo --input 1 --idempotency-key k`;

  it('submits, shows how the run gets on, and then its result alone', async () => {
    const { code, err, out } = await told(story()).run(line);
    expect(code).toBe(0);
    expect(err).toBe(
      'submitted  keyed  ready\nrunning    attempt 1 of 3  progress [##########..........] 5 of 10\nsucceeded  attempt 1 of 3  output "done"\n',
    );
    expect(out).toContain('output    "done"\n');
    expect(out).not.toContain('submitted');
    const json = await told(story()).run(`${line} --json`);
    expect(JSON.parse(json.out)).toMatchObject({ status: 'succeeded', output: 'done' });
  });

  it('has one line that changes on a terminal', async () => {
    const { err } = await told(story()).run(line, { color: true });
    expect(err).not.toContain('\n');
    expect(err.split('\r\u001b[K')).toHaveLength(5);
    expect(err.endsWith('\r\u001b[K')).toBe(true);
  });

  it('tells by its exit code that the run failed', async () => {
    const { code, out } = await told([failedRun({ id: 'keyed', input: 1 })]).run(line);
    expect(code).toBe(1);
    expect(out).toContain('error     TypeError: no such thing (attempt 1)');
  });
});
