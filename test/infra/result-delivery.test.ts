import { App } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { optionsFromContext } from '../../infra/options.ts';
import { synthesize } from './synthesize.ts';

const queue = 'arn:aws:sqs:eu-central-1:123456789012:billing';
const secret = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:hooks-AbCdEf';

type Stack = ReturnType<typeof synthesize>;

/** Variables by the name of the function. */
function variablesOf(stack: Stack): Record<string, Record<string, unknown>> {
  return Object.fromEntries(
    stack.ofType('AWS::Lambda::Function').map(([, { Properties }]) => {
      const { Environment, FunctionName } = Properties as unknown as {
        Environment: { Variables: Record<string, unknown> };
        FunctionName: string;
      };
      return [FunctionName.replace('Holdfast-', ''), Environment.Variables];
    }),
  );
}

/** The roles that may do something on a resource. */
const rolesThatMay = (stack: Stack, action: string, resource: string): string[] =>
  stack
    .ofType('AWS::IAM::Role')
    .filter(([, role]) => {
      const text = JSON.stringify(role);
      return text.includes(action) && text.includes(resource);
    })
    .map(([id]) => id);

it('goes nowhere unless it is told where', () => {
  const stack = synthesize();
  for (const variables of Object.values(variablesOf(stack)))
    expect(Object.keys(variables).filter((name) => /WEBHOOK|DELIVERY/.test(name))).toEqual([]);
  expect(JSON.stringify(stack.resources)).not.toContain('secretsmanager');
});

describe('results go to queues and webhooks', () => {
  const stack = synthesize({ deliveryQueues: { billing: queue }, webhookSecretArn: secret });

  it('that every function knows, and whose secret the executor alone finds', () => {
    const variables = variablesOf(stack);
    const urls = JSON.stringify(variables.api?.HOLDFAST_DELIVERY_QUEUES);
    expect(urls).toContain('https://sqs.eu-central-1.');
    expect(urls).toContain('/123456789012/billing');
    for (const each of Object.values(variables)) expect(each).toMatchObject({ HOLDFAST_WEBHOOKS: 'on' });
    const named = Object.entries(variables).filter(([, each]) => 'HOLDFAST_WEBHOOK_SECRET_ARN' in each);
    expect(named.map(([name]) => name)).toEqual(['execute']);
  });

  it('to which the executor alone may send', () => {
    const [executor, ...others] = rolesThatMay(stack, 'sqs:SendMessage', queue);
    expect(executor).toContain('Execut');
    expect(others).toEqual([]);
    expect(rolesThatMay(stack, 'secretsmanager:GetSecretValue', secret)).toEqual([executor]);
  });
});

describe('on the command line', () => {
  const options = (context: Record<string, unknown>) => optionsFromContext(new App({ context }).node);

  it.each([`billing=${queue},audit=${queue}2`, { billing: queue, audit: `${queue}2` }])('%j', (given) => {
    expect(options({ deliveryQueues: given, webhookSecret: secret })).toMatchObject({
      deliveryQueues: { billing: queue, audit: `${queue}2` },
      webhookSecretArn: secret,
    });
  });

  it.each(['billing', `=${queue}`, 'billing=https://sqs', 'a b=arn:aws:sqs:x', { billing: 5 }])(
    'refuses %j',
    (given) => {
      expect(() => options({ deliveryQueues: given })).toThrow('deliveryQueues must be name=ARN pairs');
    },
  );
});
