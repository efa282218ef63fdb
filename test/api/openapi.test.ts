import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { DocumentedAsTyped } from '../../lib/api/documented.ts';
import { runSchema } from '../../lib/api/run-schemas.ts';
import { definitionSchema } from '../../lib/api/system-schemas.ts';
import type { NodeView } from '../../lib/client/run-view.ts';
import { version } from '../../lib/version.ts';
import { activeRun, failedRun, orderHash, orderShape, succeededRun } from './fake-client.ts';
import { startApp } from './start-app.ts';

interface Document {
  readonly info: { readonly version: string };
  readonly paths: Record<string, Record<string, object>>;
  readonly components: { readonly schemas: Record<string, { properties?: Record<string, object> }> };
}

const read = async () => (await (await startApp().app.request('/openapi.json')).json()) as Document;

describe('GET /openapi.json', () => {
  it('describes every route, and no other', async () => {
    const { paths } = await read();
    const described = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const routes = startApp().app.routes.filter(({ method }) => method !== 'ALL');
    const served = routes.map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, '{$1}')}`);
    expect(described.sort()).toEqual(served.sort());
  });

  it('refers only to schemas that it has', async () => {
    const document = await read();
    const refs = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, ref]) => ref);
    const known = Object.keys(document.components.schemas).map((name) => `#/components/schemas/${name}`);
    expect(refs.length).toBeGreaterThan(10);
    expect(known).toEqual(expect.arrayContaining(refs));
  });

  it('names the fields of a submission and refuses others', async () => {
    const { components } = await read();
    expect(components.schemas.Submission).toMatchObject({ additionalProperties: false });
    expect(Object.keys(components.schemas.Submission?.properties ?? {})).toContain('maxAttempts');
    expect(JSON.stringify(components.schemas)).not.toContain('$schema');
  });

  it('fits the runs that are shown', () => {
    const since = '2030-01-01T12:00:00.000Z';
    const paused = activeRun({
      status: 'paused',
      pause: { mode: 'graceful', by: 'me', since },
      dependsOn: ['a', 'b'],
      waitsFor: ['b'],
      parent: { id: 'p', node: 'bill' },
      retryOf: 'r0',
      resumed: { reason: 'why', since },
    });
    const active = activeRun({ status: 'running' });
    const runs = [active, paused, succeededRun(undefined), succeededRun(0), failedRun()];
    for (const run of runs)
      expect(runSchema.safeParse(JSON.parse(JSON.stringify(run))).error).toBeUndefined();
    expect(runSchema.safeParse({ ...activeRun(), status: 'succeeded' }).success).toBe(false);
  });

  it('fits the nodes of a workflow', () => {
    const node: NodeView = { id: 'confirm/payment/charge', status: 'succeeded', attempt: 1, maxAttempts: 3 };
    const nodes = [
      { ...node, output: 0 },
      { ...node, outputBytes: 20_000 },
      { ...node, status: 'waiting' as const, iteration: 2 },
      { ...node, signal: { name: 'approved', until: '2030-01-01T12:00:00.000Z' } },
      { ...node, signal: { name: 'approved', id: 's1' }, decision: 'timeout' },
      { ...node, child: { id: 'c1', status: 'failed' as const } },
    ];
    expect(runSchema.safeParse(activeRun({ kind: 'workflow', nodes })).error).toBeUndefined();
    expect(runSchema.safeParse({ ...activeRun(), nodes: [{ id: 'a' }] }).success).toBe(false);
  });

  it('fits the shapes of definitions', () => {
    const definition = { name: 'order', kind: 'workflow', hash: orderHash, shape: orderShape };
    expect(definitionSchema.safeParse(definition).error).toBeUndefined();
    const broken = { ...orderShape, body: [{ kind: 'loop', id: 'poll', body: [{ kind: 'leap', id: 'x' }] }] };
    expect(definitionSchema.safeParse({ ...definition, shape: broken }).success).toBe(false);
  });

  it('has no timeout and no attempts in the submission of a workflow', async () => {
    const { components } = await read();
    const fields = Object.keys(components.schemas.RunSubmission?.properties ?? {});
    expect(fields.sort()).toEqual([
      'delay',
      'deliverTo',
      'dependsOn',
      'idempotencyKey',
      'input',
      'onDependencyFailure',
      'priority',
      'tags',
      'workflow',
    ]);
    expect(components.schemas.RunSubmission).toMatchObject({ additionalProperties: false });
  });

  it('has the fields of the types, as the compiler sees it', () => {
    const same: DocumentedAsTyped = [
      true,
      true,
      true,
      true,
      true,
      true,
      true,
      true,
      true,
      true,
      true,
      true,
      true,
      true,
      true,
      true,
      true,
      true,
    ];
    expect(same).not.toContain(false);
  });

  it('carries the version of the package', async () => {
    const manifest = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'));
    expect((await read()).info.version).toBe(manifest.version);
    expect(version).toBe(manifest.version);
  });
});
