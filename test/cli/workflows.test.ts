import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { NodeView } from '../../lib/client/run-view.ts';
import { activeRun, orderHash, succeededRun } from '../api/fake-client.ts';
import { startCli } from './run.ts';

const nodes: readonly NodeView[] = [
  {
    id: 'validate',
    status: 'succeeded',
    attempt: 1,
    maxAttempts: 3,
    startedAt: '2030-01-01T12:00:00.000Z',
    endedAt: '2030-01-01T12:00:01.500Z',
    output: { ok: true },
  },
  {
    id: 'confirm/payment/charge',
    status: 'waiting',
    attempt: 2,
    maxAttempts: 3,
    nextRetryAt: '2030-01-01T12:05:00.000Z',
    error: { type: 'Declined', message: 'no \u001b[2Jfunds', attempt: 2 },
  },
  { id: 'confirm/stock/settle', status: 'running', attempt: 1, maxAttempts: 3, output: 'x'.repeat(100) },
  { id: 'poll', status: 'waiting', attempt: 0, maxAttempts: 0, iteration: 4 },
  { id: 'route', status: 'succeeded', attempt: 1, maxAttempts: 3, decision: 'express', outputBytes: 20_000 },
];
const workflowRun = activeRun({ kind: 'workflow', task: 'order', status: 'running', hash: orderHash, nodes });

describe('workflows on the command line', () => {
  it('submits them by name', async () => {
    const { run, client } = startCli();
    expect((await run(`submit order --input '{"a":1}' --priority high`)).out).toBe('submitted  r1  ready\n');
    expect(client.submitted).toEqual([{ task: 'order', input: { a: 1 }, options: { priority: 'high' } }]);
  });

  it('shows the nodes of a run as a table', async () => {
    const { run, client } = startCli();
    client.put(workflowRun);
    const { code, out } = await run('get r1');
    const [details = '', table = ''] = out.split('\n\n');
    expect(code).toBe(0);
    expect(details).toContain('workflow  order\n');
    expect(details).not.toContain('attempt');
    expect(table.split('\n')).toEqual([
      'NODE                    STATUS     ATTEMPT  DURATION  ITERATION  RESULT',
      'validate                succeeded      1/3     1.5 s             {"ok":true}',
      'confirm/payment/charge  waiting        2/3                       Declined: no \\u001b[2Jfunds  next at 2030-01-01T12:05:00.000Z',
      `confirm/stock/settle    running        1/3                       "${'x'.repeat(58)}…`,
      'poll                    waiting                               4  ',
      'route                   succeeded      1/3                       → express  20000 bytes',
      '',
    ]);
    expect(JSON.parse((await run('get r1 --json')).out).nodes).toEqual(nodes);
  });

  it('shows no table for a task', async () => {
    const { run, client } = startCli();
    client.put(succeededRun(1));
    const { out } = await run('get r1');
    expect(out).toContain('task      echo\n');
    expect(out).not.toContain('NODE');
  });

  it('lists no attempts of a workflow: each node has its own', async () => {
    const { run, client } = startCli();
    client.put(succeededRun('done', { kind: 'workflow', task: 'order' }));
    const [, row] = (await run('list')).out.split('\n');
    expect(row).toMatch(/^r1 +order +succeeded +2030-01-01T12:00:00.000Z +12 ms$/);
  });

  it('watches how far one has come', async () => {
    const { run, client } = startCli();
    client.put(succeededRun('done', { kind: 'workflow', nodes }));
    expect((await run('watch r1')).out).toBe(
      'succeeded  2 of 5 nodes done, at confirm/stock/settle  output "done"\n',
    );
  });
});

describe('holdfast graph', () => {
  it('draws a definition as Mermaid by default', async () => {
    const { run } = startCli();
    const { code, out } = await run('graph order');
    expect(code).toBe(0);
    expect(out).toMatch(/^flowchart TD\n/);
    for (const id of ['validate', 'charge', 'settle', 'express', 'check']) expect(out).toContain(id);
    expect(out).not.toContain('classDef');
  });

  it('draws a run with the status of its nodes', async () => {
    const { run, client } = startCli();
    client.put(workflowRun);
    const { out } = await run('graph r1 --format json');
    const graph = JSON.parse(out) as { name: string; nodes: { path?: string; status?: string }[] };
    const statuses = new Map(graph.nodes.map(({ path, status }) => [path, status]));
    expect(graph.name).toBe('order');
    expect(statuses.get('validate')).toBe('succeeded');
    expect(statuses.get('confirm/payment/charge')).toBe('waiting');
    expect(statuses.get('poll/check')).toBeUndefined();
    expect((await run('graph r1')).out).toContain('classDef succeeded');
    expect(JSON.parse((await run('graph r1 --json')).out)).toEqual(graph);
  });

  it('draws it as SVG', async () => {
    const { run, client } = startCli();
    client.put(workflowRun);
    const { out } = await run('graph r1 --format svg');
    expect(out).toMatch(/^<svg .*<\/svg>\n$/s);
    expect(out).toContain('data-status="running"');
  });

  it('takes a definition from a tasks module, without the API', async () => {
    const { run, urls } = startCli();
    const file = fileURLToPath(new URL('./fixtures/workflows.ts', import.meta.url));
    const { code, out } = await run(`graph greet --tasks '${file}'`);
    expect([code, urls]).toEqual([0, []]);
    expect(out).toContain('say-hello');
    const missing = await run(`graph nope --tasks '${file}'`);
    expect(missing.code).toBe(4);
    expect(missing.err).toContain('It has: greet, say-hello.');
  });

  it.each([
    ['graph nope', 4, 'NotFound: There is no definition and no run nope'],
    ['graph a/b', 2, 'InvalidArgument: id'],
    ['graph order --format png', 2, 'InvalidArgument: '],
    ['graph order --tasks ./missing.ts', 2, 'TasksNotLoaded: '],
  ])('%s', async (args, code, message) => {
    const result = await startCli().run(args);
    expect(result.err.startsWith(message), result.err).toBe(true);
    expect([result.code, result.out]).toEqual([code, '']);
  });
});
