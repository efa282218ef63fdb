import { testEveryFault } from './every-fault.ts';
import { openRunsScenarios } from './open-runs-scenarios.ts';

testEveryFault(openRunsScenarios);
