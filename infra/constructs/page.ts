import { Duration } from 'aws-cdk-lib';
import {
  CfnStage,
  type HttpApi,
  HttpMethod,
  HttpNoneAuthorizer,
  HttpRoute,
  HttpRouteKey,
  type HttpStage,
  PayloadFormatVersion,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Construct } from 'constructs';
import { HoldfastFunction } from './holdfast-function.ts';
import type { Parts } from './parts.ts';

const paths = ['/', '/assets/{name}'];
/** What anybody may cost in a second: a page is four requests, of which the browser keeps three. */
const throttle = { ThrottlingRateLimit: 50, ThrottlingBurstLimit: 100 };

interface PageProps {
  readonly httpApi: HttpApi;
  readonly stage: HttpStage;
  readonly parts: Parts;
}

/** functions/dashboard.ts on an HTTP API, for everybody: its files hold nothing. What else is asked there needs a token. */
export class Page extends Construct {
  constructor(scope: Construct, id: string, { httpApi, parts, stage }: PageProps) {
    super(scope, id);
    const { function: page } = new HoldfastFunction(this, 'Dashboard', {
      parts,
      file: 'dashboard',
      description: "Holdfast: the dashboard's files, for everybody",
      timeout: Duration.seconds(10),
      permissions: [],
      holdsRuns: false,
      options: { memorySize: 128 },
    });
    const integration = new HttpLambdaIntegration('Integration', page, {
      payloadFormatVersion: PayloadFormatVersion.VERSION_2_0,
    });
    const routes = paths.map(
      (path, index) =>
        new HttpRoute(this, `Route${index}`, {
          httpApi,
          routeKey: HttpRouteKey.with(path, HttpMethod.GET),
          integration,
          authorizer: new HttpNoneAuthorizer(),
        }),
    );
    const { defaultChild } = stage.node;
    if (!(defaultChild instanceof CfnStage)) throw new Error('a stage is no longer made of a CfnStage');
    defaultChild.routeSettings = Object.fromEntries(paths.map((path) => [`GET ${path}`, throttle]));
    // A stage can say nothing of routes that are not there yet.
    stage.node.addDependency(...routes);
  }
}
