import { HoldfastError } from './errors.ts';

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

export type TenantId = Branded<'TenantId'>;
export type RunId = Branded<'RunId'>;
export type NodeId = Branded<'NodeId'>;
export type DefinitionHash = Branded<'DefinitionHash'>;
/** Fresh per attempt: what tells one holder's writes from another's. */
export type Nonce = Branded<'Nonce'>;

const plainId = /^[A-Za-z0-9][A-Za-z0-9_.~-]{0,127}$/;
const namePattern = /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/;

/** The tenant of runs that name none. */
export const noTenant = '-' as TenantId;

/** @throws HoldfastError `InvalidArgument` unless it is 1 to 128 letters, digits, `_ . ~ -`. */
export function tenantId(text: string): TenantId {
  if (text !== noTenant && !plainId.test(text)) throw invalid('tenant', text);
  return text as TenantId;
}

/** @throws HoldfastError `InvalidArgument` unless it is 1 to 128 letters, digits, `_ . ~ -`. */
export function runId(text: string): RunId {
  if (!plainId.test(text)) throw invalid('id', text);
  return text as RunId;
}

/** The name of a task, workflow or node. @throws HoldfastError `InvalidName`. */
export function checkName(text: string, field: string): string {
  // A pattern would be tried on what something else turns into: `null` reads like a name.
  if (typeof text !== 'string' || !namePattern.test(text)) {
    throw new HoldfastError('InvalidName', `${field} is not a valid name: ${JSON.stringify(text)}`, {
      field,
    });
  }
  return text;
}

function invalid(field: string, text: string): HoldfastError {
  const shown = JSON.stringify(text.slice(0, 80));
  return new HoldfastError('InvalidArgument', `${field} is not a valid identifier: ${shown}`, {
    field,
    hint: 'Use 1 to 128 letters, digits and the characters _ . ~ -, beginning with a letter or digit.',
  });
}
