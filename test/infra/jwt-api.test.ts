import { App } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { optionsFromContext } from '../../infra/options.ts';
import type { JwtProps } from '../../infra/props.ts';
import { synthesize } from './synthesize.ts';

const jwt: JwtProps = {
  issuer: 'https://issuer.example/pool',
  audience: ['orders', 'reports'],
  tenantClaim: 'custom:tenant',
};
const plain = synthesize();
const stack = synthesize({ jwt, defaultTask: 'echo' });
const propertiesOf = (type: string) => stack.ofType(type).map(([, { Properties }]) => Properties);
const gateway = { Ref: stack.idOf('AWS::ApiGatewayV2::Api', 'JwtApi') };
const functionId = stack.idOf('AWS::Lambda::Function', 'JwtApi');

describe('the HTTP API for holders of a token', () => {
  it('is not in the default stack, whose resources it leaves as they are', () => {
    expect(Object.values(plain.resources).some(({ Type }) => Type.startsWith('AWS::ApiGateway'))).toBe(false);
    const same = synthesize({ jwt });
    expect(same.resources).toMatchObject(plain.resources);
  });

  it('answers nobody without a token: its only route asks for one', () => {
    const authorizers = propertiesOf('AWS::ApiGatewayV2::Authorizer');
    expect(authorizers).toEqual([
      {
        ApiId: gateway,
        AuthorizerType: 'JWT',
        IdentitySource: ['$request.header.Authorization'],
        JwtConfiguration: { Audience: jwt.audience, Issuer: jwt.issuer },
        Name: expect.any(String),
      },
    ]);
    expect(propertiesOf('AWS::ApiGatewayV2::Route')).toMatchObject([
      {
        ApiId: gateway,
        RouteKey: '$default',
        AuthorizationType: 'JWT',
        AuthorizerId: { Ref: stack.idOf('AWS::ApiGatewayV2::Authorizer', 'JwtApi') },
      },
    ]);
    // No preflight is answered without one either.
    expect(propertiesOf('AWS::ApiGatewayV2::Api')).toEqual([
      expect.not.objectContaining({ CorsConfiguration: expect.anything() }),
    ]);
  });

  it('calls a function of its own by the events of a function URL, and waits longer than it may take', () => {
    expect(propertiesOf('AWS::ApiGatewayV2::Integration')).toEqual([
      {
        ApiId: gateway,
        IntegrationType: 'AWS_PROXY',
        IntegrationUri: { 'Fn::GetAtt': [functionId, 'Arn'] },
        PayloadFormatVersion: '2.0',
      },
    ]);
    expect(stack.resources[functionId]?.Properties).toMatchObject({
      FunctionName: 'Holdfast-jwt-api',
      Timeout: 25,
      Environment: {
        Variables: { HOLDFAST_TENANT_CLAIM: 'custom:tenant', HOLDFAST_DEFAULT_TASK: 'echo' },
      },
    });
    const callers = propertiesOf('AWS::Lambda::Permission').filter(
      ({ Principal }) => Principal === 'apigateway.amazonaws.com',
    );
    expect(callers).toMatchObject([{ FunctionName: { 'Fn::GetAtt': [functionId, 'Arn'] } }]);
    expect(JSON.stringify(callers)).toContain(`{"Ref":"${gateway.Ref}"},"/*/*`);
  });

  it('takes the tenant from the token only where the caller is known by one', () => {
    const claims = stack.ofType('AWS::Lambda::Function').map(([id, { Properties }]) => {
      const { Variables } = Properties.Environment as unknown as { Variables: Record<string, unknown> };
      return [id, Variables.HOLDFAST_TENANT_CLAIM];
    });
    expect(claims.filter(([, claim]) => claim !== undefined)).toEqual([[functionId, 'custom:tenant']]);
    // The function URL stays IAM's.
    expect(propertiesOf('AWS::Lambda::Url')).toMatchObject([{ AuthType: 'AWS_IAM' }]);
  });

  it('may do exactly what the API may, and write its own log', () => {
    const statements = (id: string) => {
      const role = stack.resources[id]?.Properties as unknown as {
        Policies: { PolicyDocument: { Statement: unknown[] } }[];
        ManagedPolicyArns?: unknown;
      };
      expect(role.ManagedPolicyArns).toBeUndefined();
      return role.Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
    };
    const own = statements(stack.idOf('AWS::IAM::Role', 'JwtApi'));
    const api = statements(stack.idOf('AWS::IAM::Role', 'Api'));
    expect(own.slice(0, -1)).toEqual(api.slice(0, -1));
    expect(own.at(-1)).toMatchObject({
      Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      Resource: { 'Fn::GetAtt': [stack.idOf('AWS::Logs::LogGroup', 'JwtApiLog'), 'Arn'] },
    });
    expect(stack.ofType('AWS::IAM::Policy')).toEqual([]);
  });

  it('is throttled, and logs who asked what, without tokens, queries and bodies', () => {
    const [stage = {}] = propertiesOf('AWS::ApiGatewayV2::Stage') as {
      AccessLogSettings?: { Format: string };
    }[];
    expect(stage).toMatchObject({
      StageName: '$default',
      DefaultRouteSettings: { ThrottlingRateLimit: 1_000, ThrottlingBurstLimit: 2_000 },
    });
    const { Format = '' } = stage.AccessLogSettings ?? {};
    const line = JSON.parse(Format) as Record<string, string>;
    expect(line).toMatchObject({ subject: '$context.authorizer.claims.sub', status: '$context.status' });
    expect(Format).not.toMatch(/query|header|body|token/i);
  });

  it('costs nothing while it is idle', () => {
    const added = Object.entries(stack.resources).filter(([id]) => !(id in plain.resources));
    const free = [
      'AWS::IAM::Role',
      'AWS::Lambda::Function',
      'AWS::Lambda::Permission',
      'AWS::Logs::LogGroup',
    ];
    const types = new Set(added.map(([, { Type }]) => Type));
    expect([...types].filter((type) => !free.includes(type)).sort()).toEqual(
      ['Api', 'Authorizer', 'Integration', 'Route', 'Stage'].map((type) => `AWS::ApiGatewayV2::${type}`),
    );
  });
});

describe('the dashboard beside it', () => {
  const page = synthesize({ jwt: { ...jwt, dashboard: true }, defaultTask: 'echo' });
  const pageId = page.idOf('AWS::Lambda::Function', 'JwtApiPage');

  it('is there only where it was asked for, and changes nothing else but what its routes may cost', () => {
    const { [stack.idOf('AWS::ApiGatewayV2::Stage', 'JwtApi')]: own, ...others } = stack.resources;
    expect(page.resources).toMatchObject(others);
    const [, { Properties } = { Properties: {} }] = page.ofType('AWS::ApiGatewayV2::Stage')[0] ?? [];
    const costs = { ThrottlingRateLimit: 50, ThrottlingBurstLimit: 100 };
    expect(Properties).toEqual({
      ...own?.Properties,
      RouteSettings: { 'GET /': costs, 'GET /assets/{name}': costs },
    });
  });

  it('gives its files to anybody, and nothing else: every other route asks for a token', () => {
    const routes = page.ofType('AWS::ApiGatewayV2::Route').map(([, { Properties }]) => Properties as unknown);
    expect(routes).toMatchObject([
      { RouteKey: '$default', AuthorizationType: 'JWT' },
      { RouteKey: 'GET /', AuthorizationType: 'NONE' },
      { RouteKey: 'GET /assets/{name}', AuthorizationType: 'NONE' },
    ]);
  });

  it('is a function that may write its log, and knows of no run', () => {
    const [, { Properties } = { Properties: {} }] =
      page.ofType('AWS::IAM::Role').find(([id]) => id.startsWith('JwtApiPage')) ?? [];
    const { Policies } = Properties as unknown as {
      Policies: { PolicyDocument: { Statement: { Action: unknown }[] } }[];
    };
    expect(Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement)).toMatchObject([
      { Action: ['logs:CreateLogStream', 'logs:PutLogEvents'] },
    ]);
    expect(JSON.stringify(page.resources[pageId])).not.toMatch(/HOLDFAST_/);
  });
});

describe('the context values', () => {
  const options = (context: Record<string, unknown>) => optionsFromContext(new App({ context }).node).jwt;
  const jwtIssuer = 'https://issuer.example/pool';

  it('name issuer, audience and claim', () => {
    expect(options({})).toBeUndefined();
    expect(options({ jwtIssuer, jwtAudience: 'orders, reports', tenantClaim: 'custom:tenant' })).toEqual(jwt);
    expect(options({ jwtIssuer, jwtAudience: 'orders' })).toEqual({
      issuer: jwtIssuer,
      audience: ['orders'],
    });
    expect(options({ jwtIssuer, jwtAudience: 'orders', jwtDashboard: 'on' })).toMatchObject({
      dashboard: true,
    });
  });

  it.each([
    [{ jwtIssuer }, 'jwtAudience must name whom tokens are for'],
    [{ jwtIssuer, jwtAudience: ' , ' }, 'jwtAudience must name whom tokens are for'],
    [{ jwtIssuer: 'http://issuer.example', jwtAudience: 'a' }, 'jwtIssuer must be an https URL'],
    [{ jwtIssuer: 'issuer', jwtAudience: 'a' }, 'jwtIssuer must be an https URL'],
    [{ jwtAudience: 'a' }, 'jwtAudience has a meaning only beside jwtIssuer'],
    [{ tenantClaim: 'tenant' }, 'tenantClaim has a meaning only beside jwtIssuer'],
    [{ jwtDashboard: 'on' }, 'jwtDashboard has a meaning only beside jwtIssuer'],
    [{ jwtIssuer, jwtAudience: 'a', jwtDashboard: 'yes' }, 'jwtDashboard must be on or off'],
    [{ jwtIssuer, jwtAudience: 'a', tenantClaim: 'a b' }, 'tenantClaim must name a claim'],
  ])('refuses %j', (context, message) => {
    expect(() => options(context)).toThrow(message);
  });
});
