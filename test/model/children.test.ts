import { exploreAll } from './explore-all.ts';

exploreAll('children');
