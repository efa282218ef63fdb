/** Why an attempt ended without a result, as it is stored and shown. */
export interface Failure {
  /** The error's class name, or the code of a HoldfastError. */
  readonly type: string;
  /** At most 1,024 characters. */
  readonly message: string;
  readonly code?: string;
  /** The attempt that failed, counted from 1. */
  readonly attempt: number;
  /** The worker that ran it. */
  readonly worker?: string;
}
