import { fileURLToPath } from 'node:url';
import { type Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Effect, PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, type FunctionOptions, Runtime } from 'aws-cdk-lib/aws-lambda';
import {
  type BundlingOptions,
  type ICommandHooks,
  NodejsFunction,
  OutputFormat,
} from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { type StackParts, sharedEnvironment } from './stack-parts.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** One permission: these actions on these resources, and nothing else. */
export interface Permission {
  readonly actions: readonly string[];
  readonly resources: readonly string[];
}

interface BundledFunctionProps {
  readonly parts: StackParts;
  /** The file in functions/, without its extension. */
  readonly file: 'api' | 'dead-letter' | 'discover' | 'execute' | 'jwt-api';
  readonly description: string;
  readonly timeout: Duration;
  readonly permissions: readonly Permission[];
  /** Beside what all functions get. */
  readonly environment?: Record<string, string>;
  readonly recursiveLoop?: FunctionOptions['recursiveLoop'];
}

/** A file in functions/ as a Lambda function: one bundle, its own role with exactly its permissions, its own log. */
export class BundledFunction extends Construct {
  readonly function: NodejsFunction;

  constructor(scope: Construct, id: string, props: BundledFunctionProps) {
    super(scope, id);
    const { description, environment, file, parts, permissions, recursiveLoop, timeout } = props;
    const functionName = `${Stack.of(this).stackName}-${file}`;
    const logGroup = new LogGroup(this, 'Log', {
      // The name Lambda would give it, so that nothing makes another one that outlives the stack.
      logGroupName: `/aws/lambda/${functionName}`,
      retention: RetentionDays.TWO_WEEKS,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const writeLog: Permission = {
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      resources: [logGroup.logGroupArn],
    };
    this.function = new NodejsFunction(this, 'Function', {
      functionName,
      entry: `${root}functions/${file}.ts`,
      projectRoot: root,
      depsLockFilePath: `${root}package-lock.json`,
      description,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: 256,
      timeout,
      logGroup,
      role: new Role(this, 'Role', {
        assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
        inlinePolicies: { Permissions: policyOf([...permissions, writeLog]) },
      }),
      environment: { ...sharedEnvironment(this, parts), ...environment },
      bundling: bundlingFor(parts.options.tasks ?? `${root}examples/tasks.ts`, file === 'execute'),
      ...(recursiveLoop && { recursiveLoop }),
    });
  }
}

function policyOf(permissions: readonly Permission[]): PolicyDocument {
  const statements = permissions.map(
    ({ actions, resources }) =>
      new PolicyStatement({ effect: Effect.ALLOW, actions: [...actions], resources: [...resources] }),
  );
  return new PolicyDocument({ statements });
}

const banner = "import{createRequire}from'node:module';const require=createRequire(import.meta.url);";
const conditions = 'holdfast-source,module';

/** The executor's other files: what threads execute, of tasks with `isolation: 'thread'` and of stored code. */
function threadBundles(tasks: string): ICommandHooks {
  const options = [
    '--bundle --platform=node --format=esm --target=node24 --minify --keep-names --main-fields=module,main',
    `--conditions=${conditions} "--alias:#tasks=${tasks}" "--banner:js=${banner}"`,
  ];
  return {
    beforeBundling: () => [],
    beforeInstall: () => [],
    afterBundling: (_, to) =>
      ['thread', 'code-thread'].map(
        (file) =>
          `"${root}node_modules/.bin/esbuild" "${root}functions/${file}.ts" ${options.join(' ')} "--outfile=${to}/${file}.mjs"`,
      ),
  };
}

/**
 * One minified ESM file that needs nothing around it: the runtime's own SDK is larger, changes under us, and is missing
 * on the emulators.
 */
function bundlingFor(tasks: string, hasThreads: boolean): BundlingOptions {
  return {
    ...(hasThreads && { commandHooks: threadBundles(tasks) }),
    format: OutputFormat.ESM,
    target: 'node24',
    minify: true,
    // Error types and task names of user code reach results and logs.
    keepNames: true,
    sourceMap: false,
    mainFields: ['module', 'main'],
    externalModules: [],
    // CommonJS packages in an ESM bundle still call require for node's own modules.
    banner,
    esbuildArgs: { '--conditions': conditions, '--alias:#tasks': tasks },
  };
}
