import type { Usage } from './usage.ts';

/** Messages in one request to SQS. */
const batchMax = 10;

/** Requests that send so many messages. */
export const sendRequests = (messages: number): number => Math.ceil(messages / batchMax);

/** Of a message that came with so many, itself among them: its share of the request that brought them, and as much for the one that deletes them. */
export const broughtBy = (together: number): Partial<Usage> => ({ sqsRequests: 2 / together });

/** The same where Lambda brought them: and of the call of the function. */
export const invokedBy = (together: number): Partial<Usage> => ({
  ...broughtBy(together),
  lambdaRequests: 1 / together,
});
