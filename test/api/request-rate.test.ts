import { defineTask } from 'holdfast';
import { describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { createApp } from '../../lib/api/app.ts';
import type { ApiOptions } from '../../lib/api/options.ts';
import { HoldfastError } from '../../lib/model/errors.ts';
import { MemoryRequestCounter } from '../../lib/testing/memory-stores.ts';
import { VirtualSystem } from '../support/virtual-system.ts';
import { post, problemOf } from './start-app.ts';

const echo = defineTask({ name: 'echo', input: z.unknown(), run: (input) => input });

function start(perSecond: number | undefined, options: Partial<ApiOptions> = {}) {
  const system = new VirtualSystem({ echo });
  const { client, clock, registry: tasks } = system;
  const counter = new MemoryRequestCounter();
  const counts = vi.spyOn(counter, 'count');
  const { logger } = system.ports();
  const rate = perSecond !== undefined && { requestRate: { perSecond, counter } };
  return { app: createApp({ client, tasks, logger, clock, ...rate, ...options }), system, clock, counts };
}

const of = (tenant: string) => ({ headers: { 'x-holdfast-tenant': tenant } });

describe('more requests of a tenant in a second than it may make', () => {
  it('are refused until the next one, saying when to come again', async () => {
    const { app, clock } = start(2);
    const statuses = async () => {
      const responses = await Promise.all([1, 2, 3, 4].map(() => app.request('/runs', of('a'))));
      return responses.map(({ status }) => status);
    };
    expect(await statuses()).toEqual([200, 200, 429, 429]);
    const refused = await app.request('/runs', of('a'));
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(await problemOf(refused)).toMatchObject({
      type: 'urn:holdfast:problem:TooManyRequests',
      title: 'Too many requests',
      status: 429,
      code: 'TooManyRequests',
      detail: 'A tenant may make 2 requests a second here',
    });
    await clock.advance(1_000);
    expect(await statuses()).toEqual([200, 200, 429, 429]);
  });

  it('do nothing', async () => {
    const { app, system } = start(1);
    expect((await app.request('/runs')).status).toBe(200);
    expect((await post(app, '/tasks', { task: 'echo', input: 1 })).status).toBe(429);
    expect((await post(app, '/executions', executionOf())).status).toBe(429);
    expect(system.runs.writes).toEqual([]);
    expect(system.queue.sent).toEqual([]);
  });

  it('leave other tenants theirs, and those that name none', async () => {
    const { app } = start(1);
    for (const given of [of('a'), of('b'), {}]) {
      expect((await app.request('/runs', given)).status).toBe(200);
      expect((await app.request('/runs', given)).status).toBe(429);
    }
  });

  it('cost no write once the second is spent', async () => {
    const { app, counts } = start(2);
    for (let n = 0; n < 10; n += 1) await app.request('/runs', of('a'));
    expect(counts).toHaveBeenCalledTimes(3);
  });
});

const executionOf = (organization?: string) => ({
  workflowId: 'w',
  functionName: 'echo',
  parameters: 1,
  ...(organization !== undefined && { organization }),
});

describe('a request is counted once', () => {
  it('also where it is not well what is to be executed, or whose it is', async () => {
    const { app, counts } = start(2);
    const asked = [
      () => post(app, '/executions', { bad: 1 }, of('a').headers),
      () => app.request('/executions/x?organization=a%20b', of('a')),
      () => post(app, '/executions', '{', of('a').headers),
      () => app.request('/executions/x?organization=b', of('a')),
    ];
    const statuses = [];
    for (const ask of asked) statuses.push((await ask()).status);
    expect(statuses).toEqual([400, 400, 429, 429]);
    expect(new Set(counts.mock.calls.map(([tenant]) => tenant))).toEqual(new Set(['a']));
    expect(counts).toHaveBeenCalledTimes(3);
  });

  it('for the tenant that an execution names as its organization', async () => {
    const { app, counts } = start(2);
    const posted = await post(app, '/executions', executionOf('a'));
    const { id } = (await posted.json()) as { id: string };
    expect((await app.request(`/executions/${id}?organization=a`)).status).toBe(200);
    expect((await app.request(`/executions/${id}?organization=a`)).status).toBe(429);
    expect((await app.request('/runs', of('a'))).status).toBe(429);
    expect((await app.request('/runs')).status).toBe(200);
    expect(counts.mock.calls.map(([tenant]) => tenant)).toEqual(['a', 'a', 'a', '-']);
  });

  it('for the tenant of the token', async () => {
    const { app, counts } = start(1, { tenantClaim: 'tenant' });
    const env = { requestContext: { authorizer: { jwt: { claims: { tenant: 'a' } } } } };
    expect((await app.request('/runs', {}, env)).status).toBe(200);
    expect((await app.request('/executions/x', {}, env)).status).toBe(429);
    expect((await app.request('/runs', of('b'), env)).status).toBe(403);
    expect((await app.request('/runs')).status).toBe(403);
    expect(counts.mock.calls.map(([tenant]) => tenant)).toEqual(['a', 'a']);
  });

  it('but not where it touches nothing that is stored', async () => {
    const { app, counts } = start(1);
    for (const path of ['/health', '/openapi.json', '/health']) {
      expect((await app.request(path)).status).toBe(200);
    }
    expect(counts).not.toHaveBeenCalled();
  });
});

it('without a limit nothing is counted', async () => {
  const { app, counts } = start(undefined);
  for (let n = 0; n < 20; n += 1) expect((await app.request('/runs')).status).toBe(200);
  expect(counts).not.toHaveBeenCalled();
});

it('where counting fails, so does the request', async () => {
  const { app, counts } = start(1);
  counts.mockRejectedValueOnce(new HoldfastError('StoreUnreachable', 'no answer'));
  const problem = await problemOf(await app.request('/runs'));
  expect(problem).toMatchObject({ status: 503, code: 'StoreUnreachable' });
});
