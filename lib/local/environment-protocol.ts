import type { EpochMs } from '../model/time.ts';

/** What the runtime asks of an environment, over the process's IPC channel. */
export interface InvokeMessage {
  readonly type: 'invoke';
  readonly requestId: string;
  readonly event: unknown;
  /** When the environment will be killed if it has not answered. */
  readonly deadline: EpochMs;
}

/** An error as Lambda reports it. */
export interface ErrorReport {
  readonly errorType: string;
  readonly errorMessage: string;
}

/** Requests to AWS by name, such as `{ 'dynamodb:UpdateItem': 3 }`. */
export type RequestCounts = Readonly<Record<string, number>>;

export type EnvironmentMessage =
  | { readonly type: 'ready' }
  | { readonly type: 'init-failed'; readonly error: ErrorReport }
  /** `counts` are those of the process since its start; `response` is absent for `undefined`. */
  | {
      readonly type: 'succeeded';
      readonly requestId: string;
      readonly response?: unknown;
      readonly counts: RequestCounts;
    }
  | {
      readonly type: 'failed';
      readonly requestId: string;
      readonly error: ErrorReport;
      readonly counts: RequestCounts;
    };

/** The descriptor whose end tells an environment that the runtime is gone; 3 is the IPC channel. */
export const lifelineDescriptor = 4;

export function errorReport(error: unknown): ErrorReport {
  return error instanceof Error
    ? { errorType: error.name, errorMessage: error.message }
    : { errorType: typeof error, errorMessage: String(error) };
}

/** Adds up counts by name. */
export function addCounts(all: readonly RequestCounts[]): Record<string, number> {
  const sum: Record<string, number> = {};
  for (const counts of all) {
    for (const [name, count] of Object.entries(counts)) sum[name] = (sum[name] ?? 0) + count;
  }
  return sum;
}
