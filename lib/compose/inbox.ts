import type { Env } from '../config/env.ts';
import type { Inbox } from '../ports/inbox.ts';
import { SqsInbox } from '../sqs/inbox.ts';
import { pollingClient } from './aws-clients.ts';
import type { Composition } from './compose.ts';

export { tableEndpoint } from './aws-clients.ts';

/** What a worker receives from. Apart from `compose`, because functions on Lambda do not receive by themselves. */
export function composeInbox(
  env: Env,
  { logger, pools, settings }: Pick<Composition, 'logger' | 'pools' | 'settings'>,
): { readonly inbox: Inbox; readonly close: () => void } {
  const sqs = pollingClient(env);
  return { inbox: new SqsInbox(sqs, pools, logger, settings.pollInterval), close: () => sqs.destroy() };
}
