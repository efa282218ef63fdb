import type { Duration } from '../../model/duration.ts';
import type { Priority } from '../../model/run.ts';
import type { RetryOptions } from '../task.ts';

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
