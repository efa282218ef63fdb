import { HoldfastError } from '../lib/model/errors.ts';

/**
 * What stops a synthesis: the property, what is wrong with it, and what to do. The hint stands in the message, because
 * the CDK shows nothing else.
 */
export function refused(field: string, what: string, hint: string): HoldfastError {
  return new HoldfastError('InvalidProperty', `InvalidProperty: ${field} ${what}. ${hint}`, { field, hint });
}
