import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  HttpApi,
  HttpStage,
  LogGroupLogDestination,
  PayloadFormatVersion,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpJwtAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { envNames } from '../../lib/config/env.ts';
import type { JwtProps } from '../props.ts';
import { apiEnvironment, apiPermissions } from './api.ts';
import { HoldfastFunction } from './holdfast-function.ts';
import { Page } from './page.ts';
import { nameOf, type Parts } from './parts.ts';

/** What the gateway lets through in all, of one account: beyond it, it answers 429 itself. */
const throttle = { rateLimit: 1_000, burstLimit: 2_000 };

/**
 * functions/jwt-api.ts behind an HTTP API that answers nobody without a token of the issuer for the audience. A function
 * of its own: it answers as a whole, where that of the function URL streams, and only here the tenant may be the token's.
 */
export class JwtApi extends Construct {
  readonly function: LambdaFunction;
  readonly url: string;

  constructor(scope: Construct, id: string, { jwt, parts }: { jwt: JwtProps; parts: Parts }) {
    super(scope, id);
    const { tenantClaim } = jwt;
    this.function = new HoldfastFunction(this, 'JwtApi', {
      parts,
      file: 'jwt-api',
      description: 'Holdfast: the HTTP API for holders of a token',
      // The gateway waits for 30 s, and that is also what a cold start has to fit in.
      timeout: Duration.seconds(25),
      environment: {
        ...apiEnvironment(parts),
        ...(tenantClaim !== undefined && { [envNames.tenantClaim]: tenantClaim }),
      },
      permissions: apiPermissions(parts),
    }).function;
    const name = nameOf(parts.scope, 'jwt-api');
    const gateway = new HttpApi(this, 'Gateway', {
      apiName: name,
      description: 'Holdfast: the HTTP API for holders of a token',
      createDefaultStage: false,
      // The one route that there is, `$default`, takes whatever comes.
      defaultIntegration: new HttpLambdaIntegration('Integration', this.function, {
        payloadFormatVersion: PayloadFormatVersion.VERSION_2_0,
      }),
      defaultAuthorizer: new HttpJwtAuthorizer('Token', jwt.issuer, { jwtAudience: [...jwt.audience] }),
    });
    const accessLog = new LogGroup(this, 'AccessLog', {
      logGroupName: `/aws/vendedlogs/${name}`,
      retention: parts.props.logRetention ?? RetentionDays.TWO_WEEKS,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const stage = new HttpStage(this, 'Stage', {
      httpApi: gateway,
      stageName: '$default',
      autoDeploy: true,
      throttle,
      accessLogSettings: {
        destination: new LogGroupLogDestination(accessLog),
        format: AccessLogFormat.custom(accessLine),
      },
    });
    this.url = stage.url;
    if (jwt.dashboard) new Page(this, 'Page', { httpApi: gateway, stage, parts });
  }
}

/** Who asked what, and how it was answered: no token, no query and no body. */
const accessLine = JSON.stringify({
  requestId: '$context.requestId',
  requestTime: '$context.requestTime',
  ip: '$context.identity.sourceIp',
  subject: '$context.authorizer.claims.sub',
  method: '$context.httpMethod',
  path: '$context.path',
  status: '$context.status',
  bytes: '$context.responseLength',
  ms: '$context.responseLatency',
  error: '$context.authorizer.error',
  integrationError: '$context.integrationErrorMessage',
});
