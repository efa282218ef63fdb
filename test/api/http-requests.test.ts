import { describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { createHttpClient } from '../../lib/client/http-client.ts';
import { defineTask } from '../../lib/define/task.ts';
import { defineWorkflow } from '../../lib/define/workflow/define-workflow.ts';
import { activeRun, attemptView, failedRun, runCost } from './fake-client.ts';
import { startApp } from './start-app.ts';

const url = 'http://127.0.0.1:3000';
const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

/** The HTTP client over the app over a fake client, whose calls but the looks it lists. */
function connect() {
  const served = startApp();
  const requests: string[] = [];
  const http = createHttpClient({
    url,
    fetch: async (to, init) => {
      requests.push(`${init.method} ${to.slice(url.length)}`);
      return served.app.request(to, init);
    },
  });
  const asked = () => served.client.calls.filter(([name]) => name !== 'get');
  return { ...served, http, requests, asked };
}

const answering = (status: number, body: string) =>
  createHttpClient({ url, fetch: async () => new Response(body, { status }) });

describe('what is asked of a run over HTTP', () => {
  it('arrives as it was asked for, in the tenant of the reference', async () => {
    const { http, client, asked } = connect();
    client.put(activeRun({ tenant: 'acme' }));
    const run = await http.get({ id: 'r1', tenant: 'acme' });
    const who = { reason: 'too warm', by: 'me' };
    expect(await http.pause(run, { ...who, mode: 'abort' })).toMatchObject({ status: 'paused' });
    client.put(activeRun({ tenant: 'acme', status: 'paused' }));
    expect(await http.resume('r1', { ...who, tenant: 'acme' })).toMatchObject({ status: 'ready' });
    expect(await http.why(run)).toEqual(await client.why('r1', { tenant: 'acme' }));
    expect(await http.cost(run)).toEqual(runCost);
    expect(await http.cost(run, { region: 'eu-west-1' })).toMatchObject({ region: 'eu-west-1' });
    expect(asked().slice(0, 6)).toEqual([
      ['pause', 'r1', { ...who, mode: 'abort', tenant: 'acme' }],
      ['resume', 'r1', { ...who, tenant: 'acme' }],
      ['why', 'r1', { tenant: 'acme' }],
      ['why', 'r1', { tenant: 'acme' }],
      ['cost', 'r1', { tenant: 'acme' }],
      ['cost', 'r1', { tenant: 'acme', region: 'eu-west-1' }],
    ]);
    await expect(http.resume('r1')).rejects.toMatchObject({ code: 'NotFound' });
    await expect(http.why('r1')).rejects.toMatchObject({ code: 'NotFound' });
    client.put(activeRun());
    await expect(http.resume('r1')).rejects.toMatchObject({ code: 'NotPaused' });
  });

  it.each([null, 0, '', false, undefined, { ok: [true] }])('signals with the payload %j', async (payload) => {
    const { http, client, asked } = connect();
    client.put(activeRun());
    expect(await http.signal('r1', 'approved', payload, { id: 's-1' })).toEqual(activeRun());
    await http.signal('r1', 'approved', payload);
    expect(asked()).toEqual([
      ['signal', 'r1', 'approved', payload, { id: 's-1' }],
      ['signal', 'r1', 'approved', payload, {}],
    ]);
  });

  it.each(['', '..', '../cancel', 'a b', '__proto__', 'x'.repeat(65)])(
    'no signal is called %j',
    async (name) => {
      const { http, requests } = connect();
      const signalled = http.signal('r1', name);
      await expect(signalled).rejects.toMatchObject({ code: 'UnknownSignal', field: 'name' });
      expect(requests).toEqual([]);
    },
  );

  it('takes a key of an execution as it is', async () => {
    const { http, client } = connect();
    const request = { workflowId: 'w', functionName: 'echo', parameters: 1 };
    for (const idempotencyKey of ['ä', '日本', 'a\nb', 'a b ']) {
      await http.execute({ ...request, idempotencyKey, traceparent: 'ä' });
      expect(client.calls.findLast(([verb]) => verb === 'execute')).toEqual([
        'execute',
        { ...request, idempotencyKey },
      ]);
    }
  });

  it('reads what attempts told, page by page', async () => {
    const { http, client, asked } = connect();
    client.put(activeRun({ tenant: 'acme' }));
    const options = { node: 'a/b', limit: 5, cursor: 'a b' };
    const page = await http.attempts(activeRun({ tenant: 'acme' }), options);
    expect(page).toEqual({ attempts: [attemptView], cursor: 'next' });
    expect(asked()).toEqual([['attempts', 'r1', { ...options, tenant: 'acme' }]]);
    await expect(http.attempts('r1')).rejects.toMatchObject({ code: 'NotFound' });
  });

  it('has executions made, and reads what became of them', async () => {
    const { http, client, asked } = connect();
    const request = {
      workflowId: 'w',
      functionName: 'echo',
      parameters: [1],
      organization: 'acme',
      caller: 'me',
    };
    const run = await http.execute({ ...request, idempotencyKey: 'k', traceparent });
    expect(run).toMatchObject({ id: 'keyed', created: true, tenant: 'acme' });
    expect((await http.execute({ ...request, idempotencyKey: 'k' })).created).toBe(false);
    client.put(failedRun({ id: 'keyed', tenant: 'acme' }));
    expect(await http.execution('keyed', { organization: 'acme' })).toMatchObject({
      executionId: 'keyed',
      success: false,
      errorType: 'TypeError',
    });
    expect(await http.execution('keyed')).toMatchObject({ success: false, errorType: 'ContextNotFound' });
    expect(asked().filter(([name]) => name === 'execute' || name === 'execution')).toEqual([
      ['execute', { ...request, idempotencyKey: 'k', traceparent }],
      ['execute', { ...request, idempotencyKey: 'k' }],
      ['execution', 'keyed', { organization: 'acme' }],
      ['execution', 'keyed', {}],
    ]);
    const code = { 'main.js': '' };
    await expect(http.execute({ ...request, code })).rejects.toMatchObject({ code: 'StoredCodeDisabled' });
    await expect(http.execute({ ...request, parameters: 1n })).rejects.toMatchObject({
      code: 'NotSerializable',
      field: 'parameters',
    });
  });

  it('tries again, with an edited input or the same, and sees whether the run is new', async () => {
    const { http, client, asked } = connect();
    client.put(failedRun());
    const first = await http.retry('r1', { input: null });
    const again = await http.retry('r1');
    expect([first, again]).toMatchObject([
      { id: 'r1~2', created: true, retryOf: 'r1' },
      { id: 'r1~2', created: false },
    ]);
    expect(asked()).toEqual([
      ['retry', 'r1', { input: null }],
      ['retry', 'r1', {}],
    ]);
  });

  it('never changes a value without a word', async () => {
    const { http, requests } = connect();
    const code = 'NotSerializable';
    await expect(http.retry('r1', { input: undefined })).rejects.toMatchObject({ code, field: 'input' });
    await expect(http.retry('r1', { input: new Date(0) })).rejects.toMatchObject({ code, field: 'input' });
    const list = [1, undefined];
    await expect(http.signal('r1', 'approved', list)).rejects.toMatchObject({ code, field: 'payload.1' });
    const entry = { ref: 'a', task: 'echo', input: { at: 1n } };
    await expect(http.submitAllByName([entry])).rejects.toMatchObject({ code, field: '0.input.at' });
    expect(requests).toEqual([]);
  });

  it('tries many again', async () => {
    const { http, client, asked } = connect();
    client.put(failedRun());
    const filter = { name: 'echo', since: '2030-01-01T00:00:00Z', until: '2030-02-01', limit: 5 };
    expect(await http.retryAll({ ...filter, tenant: 'acme' }, { dryRun: true })).toEqual({
      runs: [{ id: 'r1', task: 'echo' }],
    });
    expect(await http.retryAll()).toEqual({ runs: [{ id: 'r1', task: 'echo', retry: 'r1~2' }] });
    expect(asked()).toEqual([
      ['retryAll', { ...filter, tenant: 'acme' }, { dryRun: true, pages: 5 }],
      ['retryAll', { limit: 100 }, { dryRun: false, pages: 5 }],
    ]);
  });

  it('goes on where a request stopped, until it has enough or there are no more', async () => {
    const { http, client } = connect();
    const found = (from: number, to: number, cursor?: string) => ({
      runs: Array.from({ length: to - from }, (_, n) => ({
        id: `r${from + n}`,
        task: 'echo',
        status: 'ready' as const,
      })),
      ...(cursor !== undefined && { cursor }),
    });
    const pages = vi
      .spyOn(client, 'cancelAll')
      .mockResolvedValueOnce(found(0, 3, 'a'))
      .mockResolvedValueOnce(found(3, 3, 'b'))
      .mockResolvedValueOnce(found(3, 5, 'c'))
      .mockResolvedValueOnce(found(5, 6));
    const filter = { name: 'echo', tenant: 'acme' };
    expect(await http.cancelAll({ ...filter, limit: 5 })).toEqual(found(0, 5, 'c'));
    const options = { dryRun: false, pages: 5 };
    expect(pages.mock.calls).toEqual([
      [{ ...filter, limit: 5 }, options],
      [{ ...filter, limit: 2, cursor: 'a' }, options],
      [{ ...filter, limit: 2, cursor: 'b' }, options],
    ]);
    expect(await http.cancelAll({ ...filter, limit: 5, cursor: 'c' })).toEqual(found(5, 6));
    pages.mockResolvedValueOnce(found(0, 0, 'd'));
    expect(await http.cancelAll(filter, { pages: 1 })).toEqual({ runs: [], cursor: 'd' });
    expect(pages).toHaveBeenCalledTimes(5);
  });
});

describe('submissions that depend on others, over HTTP', () => {
  it('name runs by id or by reference, of the same tenant only', async () => {
    const { http, client, requests } = connect();
    const options = { dependsOn: ['r0', activeRun({ id: 'r9' })], onDependencyFailure: 'skip' } as const;
    await http.submitByName('echo', 1, options);
    expect(client.submitted[0]?.options).toEqual({ dependsOn: ['r0', 'r9'], onDependencyFailure: 'skip' });
    const other = http.submitByName('echo', 1, { ...options, tenant: 'acme' });
    await expect(other).rejects.toMatchObject({ code: 'InvalidArgument', field: 'dependsOn.1' });
    const acme = { dependsOn: [activeRun({ tenant: 'acme' })], tenant: 'acme' };
    await http.submitByName('echo', 1, acme);
    expect(client.submitted[1]?.options).toEqual({ dependsOn: ['r1'], tenant: 'acme' });
    expect(requests).toHaveLength(2);
  });

  it('go as one batch, by definition or by name', async () => {
    const { http, client, requests } = connect();
    const echo = defineTask({ name: 'echo', input: z.number(), run: (n) => n });
    const order = defineWorkflow('order', { input: z.number() })
      .map('same', (n) => n)
      .build();
    const runs = await http.submitAll(
      [
        { ref: 'a', task: echo, input: 1, timeout: '30s', tags: ['eu'], traceparent },
        { ref: 'b', task: order, input: 2, dependsOn: ['a', 'r0'], onDependencyFailure: 'skip', delay: '5m' },
      ],
      { tenant: 'acme' },
    );
    expect(runs).toMatchObject([
      { id: 'r1', task: 'echo', created: true },
      { id: 'r2', task: 'order', created: true },
    ]);
    expect(client.calls[0]).toEqual([
      'submitAll',
      [
        { ref: 'a', task: 'echo', input: 1, timeout: '30000ms', tags: ['eu'], traceparent },
        {
          ref: 'b',
          task: 'order',
          input: 2,
          dependsOn: ['a', 'r0'],
          onDependencyFailure: 'skip',
          delay: '300000ms',
        },
      ],
      { tenant: 'acme' },
    ]);
    expect(requests).toEqual(['POST /batches']);
    const keyed = [{ ref: 'a', task: 'echo', input: undefined, idempotencyKey: 'k', traceparent: 'x' }];
    const first = await http.submitAllByName(keyed);
    const again = await http.submitAllByName(keyed);
    expect([first[0]?.created, again[0]?.created]).toEqual([true, false]);
    expect(client.submitted.at(-1)).toEqual({
      task: 'echo',
      input: undefined,
      options: { idempotencyKey: 'k' },
    });
  });

  it('say whose entry is wrong', async () => {
    const { http } = connect();
    const entry = { ref: 'a', task: 'echo', input: 1 };
    const unknown = http.submitAllByName([entry, { ...entry, ref: 'b', task: 'nope' }]);
    await expect(unknown).rejects.toMatchObject({ code: 'UnknownTask', field: '1.task' });
    await expect(http.submitAllByName([])).rejects.toMatchObject({ code: 'InvalidArgument', field: 'body' });
  });
});

describe('answers that are something else', () => {
  it.each(['{}', '[]', '{"runs":7}', '{"runs":[7]}', '{"runs":[null]}', '{"runs":[{}]}', '{"cause":1}'])(
    '%s',
    async (body) => {
      const http = answering(200, body);
      const code = 'ApiProblem';
      await expect(http.submitAllByName([{ ref: 'a', task: 'echo', input: 1 }])).rejects.toMatchObject({
        code,
      });
      await expect(http.retryAll()).rejects.toMatchObject({ code });
      await expect(http.why('r1')).rejects.toMatchObject({ code });
      await expect(http.cost('r1')).rejects.toMatchObject({ code });
      await expect(http.signal('r1', 'approved')).rejects.toMatchObject({ code });
      await expect(http.retry('r1')).rejects.toMatchObject({ code });
    },
  );

  it('are fewer runs than entries', async () => {
    const http = answering(202, JSON.stringify({ runs: [activeRun()] }));
    const entry = { ref: 'a', task: 'echo', input: 1 };
    const two = http.submitAllByName([entry, { ...entry, ref: 'b' }]);
    await expect(two).rejects.toMatchObject({
      code: 'ApiProblem',
      message: 'The answer has 1 runs for 2 entries',
    });
  });
});

describe('a stream of all runs over HTTP', () => {
  it('goes on from where it was told to, also while nothing happens', async () => {
    const asked: unknown[] = [];
    const run = JSON.stringify(activeRun());
    const bodies = [`id: a\n: still here\n\n`, `: x\n\nevent: run\nid: b\ndata: ${run}\n\nid: c\n\n`, ''];
    const clock = {
      now: () => 0,
      // It waits for nothing but silence.
      after: (ms: number, fire: () => void) => {
        const timer = setTimeout(fire, ms > 1_000 ? ms : 0);
        return { cancel: () => clearTimeout(timer) };
      },
    };
    const over = new AbortController();
    const http = createHttpClient({
      url,
      clock,
      fetch: async (to, init) => {
        asked.push([to, new Headers(init.headers).get('last-event-id')]);
        const body = bodies.shift() ?? '';
        if (bodies.length === 0) over.abort(new Error('enough'));
        return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
      },
    });
    const onCursor = vi.fn();
    const seen: unknown[] = [];
    const all = async () => {
      for await (const event of http.events({ onCursor, signal: over.signal })) seen.push(event);
    };
    await expect(all()).rejects.toThrow('enough');
    expect(seen).toEqual([{ run: activeRun(), cursor: 'b' }]);
    expect(asked).toEqual([null, 'a', 'c'].map((id) => [`${url}/events`, id]));
    expect(onCursor.mock.calls).toEqual([['a'], ['c']]);
  });
});
