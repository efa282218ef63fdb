import type { Dispatch } from '../model/message.ts';

/** Whether it is taken: then it is begun at once. */
export type TakeDispatch = (dispatch: Dispatch) => boolean;

/** Where clients give doorbells to workers of their own process, instead of by a queue. */
export interface Handover {
  /** Whether a worker of the pool takes it. Like a message it may be lost, with the process: discovery makes good for it. */
  offer: TakeDispatch;
  /** From now on the worker is asked, until it calls what this returns. */
  join: (pool: string, take: TakeDispatch) => () => void;
}
