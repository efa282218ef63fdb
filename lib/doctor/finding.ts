export type Status = 'ok' | 'warn' | 'fail';

/** What one check found: one line for people. */
export interface Finding {
  readonly check: string;
  readonly status: Status;
  readonly message: string;
  /** What to do about it. */
  readonly fix?: string;
  /** Nobody answered at all. */
  readonly unreachable?: true;
}

export const ok = (check: string, message: string): Finding => ({ check, status: 'ok', message });
export const warn = (check: string, message: string, fix: string): Finding => ({
  check,
  status: 'warn',
  message,
  fix,
});
export const fail = (check: string, message: string, fix: string): Finding => ({
  check,
  status: 'fail',
  message,
  fix,
});

/** The faults, or that there are none. */
export const faultsOr = (faults: readonly Finding[], fine: Finding): readonly Finding[] =>
  faults.length > 0 ? faults : [fine];
