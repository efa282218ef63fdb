import { childScenarios } from './child-scenarios.ts';
import { testEveryFault } from './every-fault.ts';
import { signalScenarios } from './signal-scenarios.ts';

testEveryFault([...signalScenarios, ...childScenarios]);
