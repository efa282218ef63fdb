import type { RunNode, TerminalStatus } from '../model/run.ts';
import type { EpochMs } from '../model/time.ts';

/** Tells apart the times that a node of a loop's body comes: the iterations of the loops around it, outermost first. */
export type Life = readonly number[];

/** How a node comes to be. */
export interface Opening {
  readonly life: Life;
  /** Of the lease under which it is opened. */
  readonly epoch: number;
  /** Who has it from its beginning; without one it is ready for anybody. */
  readonly holder?: { readonly owner: string; readonly until: EpochMs };
  /** Nobody can have it before what it waits for has come. */
  readonly waits?: true;
  /** It had ended before: its run goes on from another one, which did the work. */
  readonly ended?: { readonly status: TerminalStatus; readonly output?: string };
}

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
      /** The same write takes the node away, or lets it come again: a loop goes round. */
      readonly next?: 'leave' | Opening;
    }
  /** A retry or yield: the node is free again. */
  | { readonly asks: 'release'; readonly epoch: number }
  /** The holder lets go of the node until what it waits for has come. */
  | { readonly asks: 'await'; readonly epoch: number }
  /** That has come, or is given up. */
  | { readonly asks: 'wake' }
  /** The node comes to be, by a submission or by the commit of another one. */
  | { readonly asks: 'open'; readonly opening: Opening }
  /** A node that has ended leaves the run's item. */
  | { readonly asks: 'leave' }
  /** Ends the node in place of its holder: exhausted, or cancelled or skipped with nobody at work. */
  | { readonly asks: 'end'; readonly status: TerminalStatus }
  /** Its run ends by another node: it stays as it stands. */
  | { readonly asks: 'stop' }
  /** Reads the node. */
  | { readonly asks: 'read' };

export type LeaseAnswer =
  /** Applied. A claim is told its epoch. */
  | { readonly answer: 'granted'; readonly epoch?: number }
  /** `Leased`, `Finished`, `NotHolder` and `NoSuchNode` say why not; anything else is no statement about the lease. */
  | { readonly answer: 'refused'; readonly because: string }
  | {
      readonly answer: 'seen';
      readonly epoch: number;
      readonly status: RunNode['status'];
      readonly output?: string;
    }
  | { readonly answer: 'not seen' }
  /** The sender never knew whether it was applied, or still will be. The epoch is that of a claim that was. */
  | { readonly answer: 'none'; readonly epoch?: number };

/** One request about one node, with the true times at which it was sent and answered. */
export interface LeaseEvent {
  /** Names the run among all runs. */
  readonly run: string;
  /** Names the node in its run. */
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
