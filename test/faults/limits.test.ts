import { testEveryFault } from './every-fault.ts';
import { limitScenarios } from './limit-scenarios.ts';

testEveryFault(limitScenarios);
