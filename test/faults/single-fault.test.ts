import { testEveryFault } from './every-fault.ts';
import { scenarios } from './scenarios.ts';

testEveryFault(scenarios);
