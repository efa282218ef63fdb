import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { App, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import cdkJson from '../../cdk.json' with { type: 'json' };
import { Holdfast, type HoldfastProps } from '../../infra/index.ts';
import type { HoldfastOptions } from '../../infra/options.ts';
import { HoldfastStack } from '../../infra/stack.ts';

interface CfnResource {
  readonly Type: string;
  readonly Properties: Record<string, never>;
  readonly DeletionPolicy?: string;
}

const directory = mkdtempSync(join(tmpdir(), 'holdfast-synth-'));
process.once('exit', () => rmSync(directory, { recursive: true, force: true }));

/**
 * An app with the flags of cdk.json that bundles nothing.
 *
 * @param checked whether the CDK's own rules are applied, for which each file that does so loads them for seconds
 */
export function newApp(checked = false): App {
  const context = {
    ...cdkJson.context,
    'aws:cdk:bundling-stacks': [],
    '@aws-cdk/core:validateAgainstDefaultRules': checked,
  };
  const outdir = mkdtempSync(join(directory, 'app-'));
  return new App({ outdir, context });
}

const entry = fileURLToPath(new URL('../../examples/tasks.ts', import.meta.url));

/** A stack of a user with one Holdfast, and what was said at synthesis. */
export function construct(
  props: Partial<HoldfastProps> | ((stack: Stack) => Partial<HoldfastProps>) = {},
  more: (holdfast: Holdfast, stack: Stack) => void = () => undefined,
) {
  const stack = new Stack(newApp(), 'Shop');
  const given = typeof props === 'function' ? props(stack) : props;
  const holdfast = new Holdfast(stack, 'Jobs', { entry, ...given });
  more(holdfast, stack);
  const annotations = Annotations.fromStack(stack);
  const said = (level: 'Info' | 'Warning') =>
    annotations[`find${level}`]('*', Match.anyValue()).map(({ entry: { data } }) => String(data));
  return { stack, holdfast, ...look(stack), infos: said('Info'), warnings: said('Warning') };
}

/** The stack of this repository, as `cdk deploy` makes it. */
export const synthesize = (options: HoldfastOptions = {}) =>
  look(new HoldfastStack(newApp(), 'Holdfast', { options }));

/** The template of a stack, as the tests look at it. */
export function look(stack: Stack) {
  const template = Template.fromStack(stack);
  const { Resources } = template.toJSON() as { Resources: Record<string, CfnResource> };
  return {
    template,
    resources: Resources,
    ofType: (type: string) => Object.entries(Resources).filter(([, resource]) => resource.Type === type),
    /** Logical id of the one resource of this type whose id begins so. */
    idOf: (type: string, prefix: string): string => {
      const found = Object.keys(Resources).filter(
        (id) => id.startsWith(prefix) && Resources[id]?.Type === type,
      );
      if (found.length !== 1) throw new Error(`${found.length} resources ${type} begin with ${prefix}`);
      return String(found[0]);
    },
  };
}
