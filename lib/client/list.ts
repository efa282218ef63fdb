import { HoldfastError } from '../model/errors.ts';
import { noTenant, type TenantId, tenantId } from '../model/ids.ts';
import { type Phase, type Run, type RunStatus, statusOf } from '../model/run.ts';
import { type IndexEntry, isReadable, type RunStore, shardCount } from '../ports/run-store.ts';
import type { ListOptions } from './client.ts';
