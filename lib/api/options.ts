import type { Client } from '../client/client.ts';
import type { Catalog } from '../client/definitions.ts';
import type { Clock } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import type { RequestRate } from './request-rate.ts';

export interface ApiOptions {
  readonly client: Client;
  /** What the API lists as registered; a Registry is one. */
  readonly tasks: Catalog;
  /** What `POST /tasks` without `task` means. Default: such a request is refused. */
  readonly defaultTask?: string;
  /**
   * The claim of a verified token that names the tenant of its holder; no caller then names another. Default: whose runs
   * are meant is what the header says.
   */
  readonly tenantClaim?: string;
  /** Default: callers may ask as often as they like. */
  readonly requestRate?: RequestRate;
  readonly logger: Logger;
  /** Of heartbeats and rates. Default: this machine's. */
  readonly clock?: Clock;
}
