import { App } from 'aws-cdk-lib';
import { checkWithNag } from './nag.ts';
import { optionsFromContext } from './options.ts';
import { HoldfastStack } from './stack.ts';

const app = new App();
const stackName = String(app.node.tryGetContext('stackName') ?? 'Holdfast');
checkWithNag(app, new HoldfastStack(app, stackName, { options: optionsFromContext(app.node) }));
