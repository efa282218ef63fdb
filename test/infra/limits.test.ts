import { App } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { optionsFromContext } from '../../infra/options.ts';
import { synthesize } from './synthesize.ts';

const jwt = { issuer: 'https://issuer.example', audience: ['orders'] };

/** Of each function: what it is told of limits. */
function limitsOf(stack: ReturnType<typeof synthesize>): Record<string, unknown> {
  const told = stack.ofType('AWS::Lambda::Function').map(([, { Properties }]) => {
    const { Variables } = Properties.Environment as unknown as { Variables: Record<string, unknown> };
    return [String(Properties.FunctionName), [Variables.HOLDFAST_REQUEST_RATE, Variables.HOLDFAST_OPEN_RUNS]];
  });
  return Object.fromEntries(told.filter(([, limits]) => String(limits) !== ','));
}

describe('the limits of a tenant', () => {
  it('are told to whatever takes submissions', () => {
    const told = ['20', '500'];
    expect(limitsOf(synthesize({ requestRate: 20, openRuns: 500, jwt }))).toEqual({
      'Holdfast-api': told,
      'Holdfast-jwt-api': told,
    });
    expect(limitsOf(synthesize({ jwt }))).toEqual({});
  });

  it('are refused before anything is deployed where they are out of range', () => {
    expect(() => synthesize({ requestRate: 1_001 })).toThrow('HOLDFAST_REQUEST_RATE must be');
  });

  it('come from the context', () => {
    const { node } = new App({ context: { requestRate: 20, openRuns: '500' } });
    expect(optionsFromContext(node)).toMatchObject({ requestRate: 20, openRuns: 500 });
    const { node: odd } = new App({ context: { openRuns: 'many' } });
    expect(() => optionsFromContext(odd)).toThrow('openRuns must be a whole number');
  });
});
