import { deliveryScenarios } from './delivery-scenarios.ts';
import { testEveryFault } from './every-fault.ts';

testEveryFault(deliveryScenarios);
