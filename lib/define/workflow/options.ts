import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { Duration } from '../../model/duration.ts';
import type { Priority } from '../../model/run.ts';
import type { RetryOptions } from '../task.ts';
import type { Body } from './chain.ts';
import type { Problem } from './types.ts';

/** How one step executes its task; what is absent is as the task has it. None of it but the id changes the hash. */
export interface StepOptions<Id extends string = string> {
  /** Unique among the siblings. Default: the name of the task. */
  readonly id?: Id;
  /** Measures one attempt's execution, `'1ms'` to `'7d'`. */
  readonly timeout?: Duration;
  readonly retry?: RetryOptions;
  /** How long a silent worker keeps the step, `'1s'` to `'12h'`. */
  readonly lease?: Duration;
  /** Default: the priority of the run. */
  readonly priority?: Priority;
  /** The pool that executes this step carries all of them; at most 16. Default: the tags of the run. */
  readonly tags?: readonly string[];
  /** Shown to the handler as `ctx.metadata`. */
  readonly metadata?: Readonly<Record<string, unknown>>;
}

export interface LoopOptions<OnMax extends 'fail' | 'exitWithLast'> {
  /** 1 to 1,000,000. */
  readonly maxIterations: number;
  /**
   * What happens when the last allowed iteration decides `again`: the run fails (default), or the loop ends with that
   * value.
   */
  readonly onMax?: OnMax;
}

/**
 * What a signal must be, and what is made of it.
 *
 * `Value` is what the chain had before, `Payload` what comes with the signal, `Merged` what goes on.
 */
export type SignalOptions<Value, Payload, Merged, Late, Id extends string = string> = {
  /** Unique among the siblings. Default: the name of the signal. */
  readonly id?: Id;
  /** Checks the payload. Default: anything is taken. */
  readonly schema?: StandardSchemaV1<unknown, Payload>;
  /**
   * Makes what goes on of the value so far and the payload. Must be pure; it runs inline. Default: the payload goes on.
   */
  readonly merge?: (value: Value, payload: Payload) => Merged;
} & (Patient | Impatient<Value, Late>);

interface Patient {
  readonly timeout?: never;
  readonly onTimeout?: 'fail' | Problem<'`onTimeout` needs a `timeout`'>;
}

interface Impatient<Value, Late> {
  /** How long the signal is waited for, `'1s'` to `'366d'`. Default: for ever. */
  readonly timeout: Duration;
  /**
   * When the time is over, the run fails with `SignalTimeout` (default), or goes on with what this body makes of the
   * value so far.
   */
  readonly onTimeout?: 'fail' | Body<Value, Late>;
}

export interface ChildOptions<Id extends string = string> {
  /** Unique among the siblings. Default: the name of the workflow. */
  readonly id?: Id;
}
