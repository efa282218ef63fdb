import type { RunNode, TerminalStatus } from '../model/run.ts';
import type { EpochMs } from '../model/time.ts';

/** What a request asked of a lease. */
export type LeaseRequest =
  /** Also a takeover. */
  | { readonly asks: 'claim'; readonly until: EpochMs }
  | { readonly asks: 'renew'; readonly epoch: number; readonly until: EpochMs }
  | {
      readonly asks: 'commit';
      readonly epoch: number;
      readonly status: TerminalStatus;
      readonly output?: string;
    }
  /** A retry or yield: the node is free again. */
  | { readonly asks: 'release'; readonly epoch: number }
  /** Ends the node in place of its holder: exhausted, or cancelled with nobody at work. */
  | { readonly asks: 'end'; readonly status: TerminalStatus }
  /** Reads the node. */
  | { readonly asks: 'read' };

export type LeaseAnswer =
  /** Applied. A claim is told its epoch. */
  | { readonly answer: 'granted'; readonly epoch?: number }
  /** `Leased`, `Finished` and `NotHolder` say why not; anything else is no statement about the lease. */
  | { readonly answer: 'refused'; readonly because: string }
  | {
      readonly answer: 'seen';
      readonly epoch: number;
      readonly status: RunNode['status'];
      readonly output?: string;
    }
  /** Nobody knows whether it was applied, or still will be. */
  | { readonly answer: 'none' };

/** One request about one node, with the true times at which it was sent and answered. */
export interface LeaseEvent {
  /** Names the node among all nodes of all runs. */
  readonly node: string;
  /** The nonce of the sender. */
  readonly owner: string;
  readonly sentAt: EpochMs;
  /** Not read where there was no answer. */
  readonly answeredAt: EpochMs;
  /** Where there was no answer: by when it took effect, if it did; at any time where this is not known. */
  readonly effectBy?: EpochMs;
  readonly request: LeaseRequest;
  readonly answer: LeaseAnswer;
}

export function describeLeaseEvent({ owner, sentAt, answeredAt, request, answer }: LeaseEvent): string {
  const { asks, ...asked } = request;
  const { answer: word, ...told } = answer;
  const until = word === 'none' ? '…' : answeredAt;
  return `${sentAt}–${until} ${owner} ${asks} ${JSON.stringify(asked)} → ${word} ${JSON.stringify(told)}`;
}
