import { createDashboard } from 'holdfast/lambda';

export const handler = createDashboard(new URL('./web/', import.meta.url));
