import { createDeadLetter } from 'holdfast/lambda';

export const handler = createDeadLetter();
