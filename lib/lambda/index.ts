export { createApi } from './api.ts';
export { createDashboard } from './dashboard.ts';
export { createDeadLetter } from './dead-letter.ts';
export { createDiscover } from './discover.ts';
export { createExecute } from './execute.ts';
