import { testEveryFault } from './every-fault.ts';
import { peopleScenarios } from './people-scenarios.ts';

testEveryFault(peopleScenarios);
