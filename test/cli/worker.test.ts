import { describe, expect, it } from 'vitest';
import { startCli } from './run.ts';

// What it does when it is called rightly: test/behaviour/worker.test.ts, as a process of its own.

const env = {
  AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'a',
  AWS_SECRET_ACCESS_KEY: 'b',
  HOLDFAST_TABLE: 'table',
  HOLDFAST_POOLS: '{"default":{"lanes":{"normal":"http://127.0.0.1:1/queue"}}}',
  HOLDFAST_LOG_LEVEL: 'silent',
};

describe('holdfast worker', () => {
  it('is in the help, with its options', async () => {
    const { run } = startCli();
    expect((await run('--help')).out).toMatch(/^ {2}worker .*this process$/m);
    const { code, out } = await run('worker --help');
    expect(code).toBe(0);
    const options = [...out.matchAll(/^ {2}--([a-z-]+)/gm)].map(([, name]) => name);
    expect(options).toEqual([
      'id',
      'pool',
      'max-parallel',
      'batch-size',
      'drain-seconds',
      'connect-timeout',
      'tasks',
    ]);
  });

  it.each([
    ['--batch-size 0', 2, 'InvalidSetting: --batch-size must be a whole number from 1 to 10, not 0'],
    ['--batch-size 11', 2, 'InvalidSetting: --batch-size'],
    ['--batch-size some', 2, 'InvalidArgument: option'],
    ['--max-parallel 0', 2, 'InvalidSetting: --max-parallel'],
    ['--drain-seconds 100000', 2, 'InvalidSetting: drain'],
    ['--drain-seconds 1m', 2, 'InvalidArgument: option'],
    ['--connect-timeout soon', 2, 'InvalidArgument: option'],
    ['--connect-timeout 2h', 2, 'InvalidSetting: --connect-timeout'],
    ['--pool gpu', 2, 'InvalidSetting: There is no pool named "gpu"'],
    [`--id ${'x'.repeat(129)}`, 2, 'InvalidSetting: --id'],
    ['--tasks /no/such/file.ts', 2, 'TasksNotLoaded: '],
    ['something', 2, 'InvalidArgument: too many arguments'],
    ['--connect-timeout 100ms', 3, 'StoreUnreachable: Not reached within 0.1 s at http://127.0.0.1:1: '],
    ['--connect-timeout 1', 3, 'StoreUnreachable: Not reached within 1 s at http://127.0.0.1:1: '],
  ])('worker %s: exit %i', async (args, exitCode, message) => {
    const { run } = startCli();
    const { code, err, out } = await run(`worker ${args}`, { env });
    expect(err.startsWith(message), err).toBe(true);
    expect(err).toMatch(/\nhint: /);
    expect([code, out]).toEqual([exitCode, '']);
  });

  it('says where a stack is to be had when it is given none', async () => {
    const { run } = startCli();
    const { code, err } = await run('worker', { env: {} });
    expect(err).toMatch(/^MissingSetting: .*HOLDFAST_TABLE.*\nhint: .*--write-env/);
    expect(code).toBe(2);
  });

  it('leaves no listener for signals behind', async () => {
    const { run } = startCli();
    const before = process.listenerCount('SIGTERM');
    await run('worker --connect-timeout 100ms', { env });
    expect(process.listenerCount('SIGTERM')).toBe(before);
  });
});
