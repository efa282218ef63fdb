import type { DeliveryQueues } from '../config/delivery.ts';
import type { Settings } from '../config/settings.ts';
import { HoldfastError } from '../model/errors.ts';
import type { DeliveryTarget } from '../model/run.ts';
import { webhookFault } from '../result-delivery/webhook-url.ts';

const targetsMax = 4;

/** What is known here of where results may go. */
export interface DeliveryRules {
  readonly queues: DeliveryQueues;
  readonly settings: Pick<Settings, 'webhooks'>;
}

/** @throws HoldfastError `InvalidArgument`, `UnknownQueue`, `WebhooksOff`, naming the target */
export function checkTargets(
  targets: readonly DeliveryTarget[],
  rules: DeliveryRules,
): readonly DeliveryTarget[] {
  if (targets.length > targetsMax) throw invalid('deliverTo', `must be at most ${targetsMax} targets`);
  return targets.map((target, index) => checkTarget(target, `deliverTo.${index}`, rules));
}

function checkTarget(
  { queue, webhook }: DeliveryTarget,
  field: string,
  { queues, settings }: DeliveryRules,
): DeliveryTarget {
  if ((queue === undefined) === (webhook === undefined))
    throw invalid(field, 'must have either a webhook or a queue');
  if (queue !== undefined) {
    if (queues.has(queue)) return { queue };
    const known = [...queues.keys()].join(', ');
    const configured = known === '' ? 'none is configured' : `known: ${known}`;
    const what = `Results cannot be delivered to a queue named ${JSON.stringify(queue)} (${configured})`;
    throw new HoldfastError('UnknownQueue', what, { field: `${field}.queue` });
  }
  if (settings.webhooks === 'off')
    throw new HoldfastError('WebhooksOff', 'Webhooks are off here', { field: `${field}.webhook` });
  const fault = webhookFault(webhook);
  if (fault) throw invalid(`${field}.webhook`, fault);
  return { webhook };
}

const invalid = (field: string, what: string): HoldfastError =>
  new HoldfastError('InvalidArgument', `${field} ${what}`, { field });
