import { createDiscover } from 'holdfast/lambda';

export const handler = createDiscover();
