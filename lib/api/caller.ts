import type { Context, MiddlewareHandler } from 'hono';
import { HoldfastError } from '../model/errors.ts';
import { noTenant, type TenantId, tenantId } from '../model/ids.ts';

export const tenantHeader = 'x-holdfast-tenant';

const ownTenant = 'tenant';

/**
 * Lets only holders of a token in that names their tenant, and only to what is that tenant's. The gateway in front has
 * verified the token; what it says lies beside the request, where no caller can put it.
 */
export function callersByToken(claim: string): MiddlewareHandler {
  return async (c, next) => {
    const own = claimedTenant(c, claim);
    const named = c.req.header(tenantHeader);
    if (named !== undefined) refuseOther(own, named, tenantHeader);
    c.set(ownTenant, own);
    await next();
  };
}

/** The only tenant that the caller may name, where tokens decide. */
export function tenantOfToken(c: Context): TenantId | undefined {
  return c.get(ownTenant);
}

/** @throws HoldfastError `TenantNotAllowed` */
export function refuseOther(own: TenantId, named: string, field: string): void {
  if (named === own) return;
  throw new HoldfastError('TenantNotAllowed', `${field} names another tenant than the token`, { field });
}

/** @throws HoldfastError `TenantMissing` */
function claimedTenant({ env }: Context, claim: string): TenantId {
  const claims: unknown = env?.requestContext?.authorizer?.jwt?.claims;
  const value: unknown =
    typeof claims === 'object' && claims !== null && Object.hasOwn(claims, claim)
      ? Reflect.get(claims, claim)
      : undefined;
  if (typeof value !== 'string')
    throw new HoldfastError('TenantMissing', `The request carries no token with the claim ${claim}`);
  // Runs of nobody in particular are no tenant's.
  if (value === noTenant || !isTenantId(value))
    throw new HoldfastError('TenantMissing', `The claim ${claim} of the token names no tenant`);
  return value;
}

function isTenantId(text: string): text is TenantId {
  try {
    tenantId(text);
    return true;
  } catch {
    return false;
  }
}
