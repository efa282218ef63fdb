import type { Work } from './workflows.ts';

/** What somebody was told of a run. */
export interface Submitted {
  readonly id: string;
  readonly work: Work;
  readonly key: string | undefined;
}

/** A signal as somebody sent it, whatever became of it. */
export interface Sent {
  readonly run: string;
  /** Where the sender left it to the client it is not known. */
  readonly id: string | undefined;
  readonly add: number;
}

/** What those who ask were told, and what they sent: what is promised to them follows from it. */
export class Ledger {
  readonly submitted: Submitted[] = [];
  readonly sent: Sent[] = [];
  /** Signals that were taken, as their senders were told. */
  readonly taken: Sent[] = [];
  /** Runs that are being cancelled, as somebody was told. */
  readonly cancelled = new Set<string>();
  readonly broken: string[] = [];
}
