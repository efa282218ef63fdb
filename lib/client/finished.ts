import { HoldfastError } from '../model/errors.ts';
import type { FinishedRun, Run } from './run-view.ts';

export function isFinished<Output>(run: Run<Output>): run is FinishedRun<Output> {
  return 'endedAt' in run;
}

/** Whether it shows its values, and not their lengths, as far as they are there. */
export const isWhole = (run: Run): boolean =>
  (run.inputBytes === undefined || run.inputLost === true) &&
  (run.status !== 'succeeded' || run.outputBytes === undefined || run.outputLost === true);

/** The output of a finished run. @throws HoldfastError `RunFailed`, `RunCancelled`, `OutputTooLarge` where it is not shown, `PayloadMissing` where it is lost */
export function outputOf(run: FinishedRun): unknown {
  if (run.status === 'succeeded') {
    if (run.outputBytes === undefined) return run.output;
    if (run.outputLost)
      throw new HoldfastError(
        'PayloadMissing',
        `The output of run ${run.id} is gone, or is not what was stored`,
      );
    const what = `The output of run ${run.id} has ${run.outputBytes} bytes, more than can be shown here`;
    throw new HoldfastError('OutputTooLarge', what, {
      hint: 'Read it by a client beside the table and the bucket, as createClient makes it.',
    });
  }
  if (run.status === 'failed') {
    const { type, message, attempt } = run.error;
    throw new HoldfastError('RunFailed', `Run ${run.id} failed in attempt ${attempt}: ${type}: ${message}`, {
      cause: run.error,
    });
  }
  const reason = run.cancel?.reason ? `: ${run.cancel.reason}` : '';
  throw new HoldfastError('RunCancelled', `Run ${run.id} was ${run.status}${reason}`);
}
