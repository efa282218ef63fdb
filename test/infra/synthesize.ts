import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import cdkJson from '../../cdk.json' with { type: 'json' };
import type { HoldfastOptions } from '../../infra/options.ts';
import { HoldfastStack } from '../../infra/stack.ts';

interface CfnResource {
  readonly Type: string;
  readonly Properties: Record<string, never>;
  readonly DeletionPolicy?: string;
}

/** An app with the flags of cdk.json that bundles nothing. */
export function newApp(): App {
  const outdir = mkdtempSync(join(tmpdir(), 'holdfast-synth-'));
  process.once('exit', () => rmSync(outdir, { recursive: true, force: true }));
  return new App({ outdir, context: { ...cdkJson.context, 'aws:cdk:bundling-stacks': [] } });
}

/** The template of the stack, as the tests look at it. */
export function synthesize(options: HoldfastOptions = {}) {
  const template = Template.fromStack(new HoldfastStack(newApp(), 'Holdfast', { options }));
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
