import type { Client } from '../client/client.ts';
import type { Clock } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';

/** What the API lists as registered; a Registry is one. */
interface Catalog {
  all(): readonly {
    readonly name: string;
    readonly hash: string;
    readonly definition: { readonly kind: 'task' } | { readonly kind: 'workflow'; readonly version: number };
  }[];
}

export interface ApiOptions {
  readonly client: Client;
  readonly tasks: Catalog;
  /** What `POST /tasks` without `task` means. Default: such a request is refused. */
  readonly defaultTask?: string;
  readonly logger: Logger;
  /** Of heartbeats. Default: this machine's. */
  readonly clock?: Clock;
}
