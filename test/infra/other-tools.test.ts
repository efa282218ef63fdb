import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Stack } from 'aws-cdk-lib';
import { CfnInclude } from 'aws-cdk-lib/cloudformation-include';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { look, newApp, synthesize } from './synthesize.ts';

/* The examples for those who do not use the CDK say the same as the construct does, and go on saying so. */

const examples = new URL('../../examples/', import.meta.url);
const templateFile = fileURLToPath(new URL('sam/template.yaml', examples));
const handlers = {
  execute: 'Execute',
  discover: 'Discover',
  'dead-letter': 'DeadLetter',
  api: 'Api',
} as const;
type Handler = keyof typeof handlers;

type Looked = ReturnType<typeof look>;
interface Statement {
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
  readonly Condition?: unknown;
}
interface FunctionProperties {
  readonly Timeout: number;
  readonly MemorySize: number;
  readonly RecursiveLoop?: string;
  readonly Environment?: { readonly Variables: Readonly<Record<string, unknown>> };
  readonly Policies: readonly { readonly Statement: readonly Statement[] }[];
}

const sam = () => {
  const stack = new Stack(newApp(), 'Sam');
  // Outputs name what only SAM's transform makes: the URL of the API.
  const copy = join(mkdtempSync(join(tmpdir(), 'holdfast-sam-')), 'template.yaml');
  const text = readFileSync(templateFile, 'utf8');
  writeFileSync(copy, text.slice(0, text.indexOf('\nOutputs:')));
  new CfnInclude(stack, 'Sam', { templateFile: copy });
  rmSync(dirname(copy), { recursive: true });
  return look(stack);
};

/** What a resource of a statement is, whatever it is called. */
function kindOf({ resources }: Looked, resource: unknown): string {
  const text = JSON.stringify(resource);
  const id = Object.keys(resources).find((each) => new RegExp(`["{]${each}[".]`).test(text));
  const found = id === undefined ? undefined : resources[id];
  const name =
    found?.Type === 'AWS::SQS::Queue' && 'RedrivePolicy' in found.Properties ? 'doorbells' : found?.Type;
  return `${name}${text.includes('/index/') ? ' index' : ''}${text.includes('/*') ? ' objects' : ''}`;
}

/** What a function may do: an action, what to, and where only under a condition. Logs are everybody's. */
function allowed(from: Looked, statements: readonly Statement[]): string[] {
  return statements
    .flatMap(({ Action, Condition, Resource }) =>
      [Action]
        .flat()
        .flatMap((action) =>
          [Resource]
            .flat()
            .map((each) =>
              `${action} ${kindOf(from, each)} ${Condition ? JSON.stringify(Condition) : ''}`.trim(),
            ),
        ),
    )
    .filter((each) => !each.startsWith('logs:'))
    .sort();
}

/** Of the construct. */
function made(from: Looked, handler: Handler) {
  const [, found] =
    from.ofType('AWS::Lambda::Function').find(([, { Properties }]) => {
      const { FunctionName } = Properties as unknown as { FunctionName: string };
      return FunctionName.endsWith(`-${handler}`);
    }) ?? [];
  if (!found) throw new Error(`the construct makes no function ${handler}`);
  const properties = found.Properties as unknown as FunctionProperties & {
    readonly Role: { readonly 'Fn::GetAtt': readonly [string] };
  };
  const role = from.resources[properties.Role['Fn::GetAtt'][0]]?.Properties as unknown as {
    readonly Policies: readonly { readonly PolicyDocument: { readonly Statement: readonly Statement[] } }[];
  };
  return {
    ...properties,
    statements: role.Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement),
  };
}

function said(from: Looked, handler: Handler): FunctionProperties {
  const found = from.resources[handlers[handler]];
  if (!found) throw new Error(`the template has no function ${handler}`);
  return found.Properties as unknown as FunctionProperties;
}

const only = (from: Looked, type: string) => {
  const [[, found] = [], ...more] = from.ofType(type);
  if (!found || more.length > 0) throw new Error(`not one ${type}`);
  return found.Properties as Record<string, unknown>;
};

describe('examples/sam', () => {
  const ours = synthesize();
  const theirs = sam();

  it.each(Object.keys(handlers) as Handler[])(
    '%s may do what the construct lets it do, and no more',
    (handler) => {
      const { statements } = made(ours, handler);
      const given = said(theirs, handler).Policies.flatMap(({ Statement }) => Statement);
      expect(allowed(theirs, given)).toEqual(allowed(ours, statements));
    },
  );

  it.each(Object.keys(handlers) as Handler[])(
    '%s has the same variables, time and memory',
    async (handler) => {
      const { Environment, MemorySize, RecursiveLoop, Timeout } = made(ours, handler);
      const own = said(theirs, handler);
      const text = await readFile(templateFile, 'utf8');
      const globals = text.slice(text.indexOf('Globals:'), text.indexOf('Resources:'));
      expect(own.Timeout).toBe(Timeout);
      expect(own.RecursiveLoop).toBe(RecursiveLoop);
      expect(globals).toContain(`MemorySize: ${MemorySize}`);
      const names = [...globals.matchAll(/((?:HOLDFAST|POWERTOOLS)_\w+):/g)].map(([, name]) => name);
      const all = [...names, ...Object.keys(own.Environment?.Variables ?? {})];
      expect(all.sort()).toEqual(Object.keys(Environment?.Variables ?? {}).sort());
    },
  );

  it('has the same table and bucket', () => {
    const type = 'AWS::DynamoDB::Table';
    const { AttributeDefinitions: attributes, ...table } = only(theirs, type);
    const { AttributeDefinitions, ...expected } = only(ours, type);
    expect(table).toEqual(expected);
    const names = (given: unknown) =>
      (given as { AttributeName: string }[]).map((each) => JSON.stringify(each)).sort();
    expect(names(attributes)).toEqual(names(AttributeDefinitions));
    const bucket = 'AWS::S3::Bucket';
    const byId = (each: unknown) =>
      (each as { LifecycleConfiguration: { Rules: { Id: string }[] } }).LifecycleConfiguration.Rules.toSorted(
        (a, b) => (a.Id < b.Id ? -1 : 1),
      );
    expect(byId(only(theirs, bucket))).toEqual(byId(only(ours, bucket)));
    expect(Object.keys(only(theirs, bucket)).sort()).toEqual(Object.keys(only(ours, bucket)).sort());
  });

  it('has the same queues', () => {
    const queues = (from: Looked) =>
      from
        .ofType('AWS::SQS::Queue')
        .map(([, { Properties }]) => {
          const { RedrivePolicy, ...rest } = Properties as Record<string, unknown>;
          const { maxReceiveCount } = (RedrivePolicy ?? {}) as { maxReceiveCount?: number };
          return { ...rest, maxReceiveCount };
        })
        .sort((a, b) => (a.maxReceiveCount ?? 0) - (b.maxReceiveCount ?? 0));
    expect(queues(theirs)).toEqual(queues(ours));
  });

  it.each(Object.keys(handlers) as Handler[])('%s is bundled by what the template says', async (handler) => {
    const { outputFiles } = await build({
      entryPoints: [fileURLToPath(new URL(`sam/src/${handler}.ts`, examples))],
      bundle: true,
      write: false,
      format: 'esm',
      platform: 'node',
      target: 'node24',
      minify: true,
      keepNames: true,
      mainFields: ['module', 'main'],
      conditions: ['holdfast-source', 'module'],
      banner: {
        js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);",
      },
    });
    expect(outputFiles).toHaveLength(1);
    expect(outputFiles[0]?.text).toMatch(/export\{[^}]*\bhandler\b/);
  });
});

describe('examples/terraform', () => {
  const ours = synthesize();
  const terraform = (directory: string, expression: string): unknown => {
    const { error, stderr, stdout } = spawnSync('terraform', ['console', '-no-color'], {
      cwd: directory,
      input: `jsonencode(${expression})\n`,
      encoding: 'utf8',
    });
    if (error) return undefined;
    if (!stdout.startsWith('"')) throw new Error(stderr || stdout);
    return JSON.parse(JSON.parse(stdout.trim()) as string);
  };

  /** Its locals, with names in the place of what only a provider knows. */
  const evaluate = (expression: string): unknown => {
    const text = readFileSync(new URL('terraform/main.tf', examples), 'utf8');
    const locals = text.slice(text.indexOf('variable "name"'), text.indexOf('resource "aws_dynamodb_table"'));
    const directory = mkdtempSync(join(tmpdir(), 'holdfast-terraform-'));
    writeFileSync(
      join(directory, 'main.tf'),
      locals.replaceAll(/\baws_\w+\.\w+\.\w+/g, (name) => `"${name}"`),
    );
    try {
      return terraform(directory, expression);
    } finally {
      rmSync(directory, { recursive: true });
    }
  };
  interface Evaluated {
    readonly timeout: number;
    readonly environment: Readonly<Record<string, string>>;
    readonly permissions: readonly {
      readonly actions: readonly string[];
      readonly on: readonly string[];
      readonly partitions?: string;
    }[];
  }
  const kinds: Readonly<Record<string, string>> = {
    'aws_dynamodb_table.runs.arn': 'AWS::DynamoDB::Table',
    'aws_dynamodb_table.runs.arn/index/byState': 'AWS::DynamoDB::Table index',
    'aws_sqs_queue.doorbells.arn': 'doorbells',
    'aws_sqs_queue.dead_letters.arn': 'AWS::SQS::Queue',
    'aws_s3_bucket.payloads.arn': 'AWS::S3::Bucket',
    'aws_s3_bucket.payloads.arn/*': 'AWS::S3::Bucket objects',
  };
  const given = ({ permissions }: Evaluated): string[] =>
    permissions
      .flatMap(({ actions, on, partitions }) => {
        const condition = { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [partitions] } };
        const only = partitions === undefined ? '' : JSON.stringify(condition);
        return actions.flatMap((action) => on.map((each) => `${action} ${kinds[each]} ${only}`.trim()));
      })
      .sort();

  it('lets each function do what the construct lets it do, with the same variables and time', ({ skip }) => {
    const functions = evaluate('local.functions') as Record<Handler, Evaluated> | undefined;
    if (!functions) {
      console.log('skipped: examples/terraform (terraform is not installed)');
      return skip('terraform is not installed');
    }
    const environment = evaluate('local.environment') as Record<string, string>;
    expect(Object.keys(functions).sort()).toEqual(Object.keys(handlers).sort());
    for (const handler of Object.keys(handlers) as Handler[]) {
      const { Environment, Timeout, statements } = made(ours, handler);
      const own = functions[handler];
      expect(given(own), handler).toEqual(allowed(ours, statements));
      expect(own.timeout, handler).toBe(Timeout);
      const names = [...Object.keys(environment), ...Object.keys(own.environment)].sort();
      expect(names, handler).toEqual(Object.keys(Environment?.Variables ?? {}).sort());
    }
  });
});
