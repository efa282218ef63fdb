import type { MiddlewareHandler } from 'hono';
import { HoldfastError } from '../model/errors.ts';
import { noTenant, type TenantId, tenantId } from '../model/ids.ts';
import type { Clock } from '../ports/clock.ts';
import type { RequestCounter } from '../ports/request-counter.ts';
import { inTenant } from './parse.ts';

export interface RequestRate {
  /** How many requests each tenant may make in a second. */
  readonly perSecond: number;
  readonly counter: RequestCounter;
}

/** How many tenants are remembered as having spent their second. */
const rememberedMax = 10_000;

/** @throws HoldfastError `TooManyRequests`, and those of the counter */
export type Admit = (tenant?: string) => Promise<void>;

/** Lets in so many requests of a tenant in each second of the clock. */
export function rateLimit({ counter, perSecond }: RequestRate, clock: Clock): Admit {
  /** Who has spent which second: what is refused anyway need not be written. */
  const spent = new Map<TenantId, number>();
  return async (given) => {
    const tenant = given === undefined ? noTenant : tenantId(given);
    const second = Math.floor(clock.now() / 1_000);
    if (spent.get(tenant) !== second && (await counter.count(tenant, second, perSecond))) return;
    if (spent.size >= rememberedMax) spent.clear();
    spent.set(tenant, second);
    const each = perSecond === 1 ? 'one request' : `${perSecond} requests`;
    throw new HoldfastError('TooManyRequests', `A tenant may make ${each} a second here`);
  };
}

/** They touch nothing that is stored; whoever watches over the API asks them, for no tenant. */
const unlimited = new Set(['/health', '/openapi.json']);

/** Admits each request for the tenant that its token or header names; executions, which have another name for it, do so themselves. */
export function limitRequests(admit: Admit): MiddlewareHandler {
  return async (c, next) => {
    const { path } = c.req;
    if (!unlimited.has(path) && !/^\/executions(?:\/|$)/.test(path)) await admit(inTenant(c).tenant);
    await next();
  };
}
