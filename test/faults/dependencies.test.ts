import { dependencyScenarios } from './dependency-scenarios.ts';
import { testEveryFault } from './every-fault.ts';

testEveryFault(dependencyScenarios);
