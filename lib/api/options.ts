import type { Client } from '../client/client.ts';
import type { Logger } from '../ports/logger.ts';

/** What the API shows of the registered tasks; a Registry is one. */
interface TaskCatalog {
  names(): readonly string[];
  byName?(name: string): { readonly hash: string } | undefined;
}

export interface ApiOptions {
  readonly client: Client;
  readonly tasks: TaskCatalog;
  /** What `POST /tasks` without `task` means. Default: such a request is refused. */
  readonly defaultTask?: string;
  readonly logger: Logger;
}
