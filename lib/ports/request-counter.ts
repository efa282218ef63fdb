import type { TenantId } from '../model/ids.ts';

/** What tenants ask for, counted across all processes. */
export interface RequestCounter {
  /**
   * Counts one more request of the tenant in this second, unless there were `max` already: then it resolves to false.
   * However many ask at once, exactly `max` are told true. One whose answer was lost may count twice.
   *
   * @param second whole seconds since the epoch, by the caller's clock
   * @throws HoldfastError `StoreUnreachable`, `TableNotFound`
   */
  count(tenant: TenantId, second: number, max: number): Promise<boolean>;
}
