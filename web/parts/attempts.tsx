import type { AttemptView, LogView } from '../../lib/client/index.ts';
import { count, duration, jsonText, visible } from '../app/format.ts';
import { At, Empty, ErrorText, Words } from './text.tsx';
import { Value } from './value.tsx';

const shownMax = 100;

interface AttemptsProps {
  readonly attempts: readonly AttemptView[];
  /** Those of one node alone. */
  readonly isOfNode: boolean;
}

/** What attempts told beside their results: of many the last. */
export function Attempts({ attempts, isOfNode }: AttemptsProps) {
  if (attempts.length === 0)
    return <Empty>No attempt told anything: none failed, logged or set a variable.</Empty>;
  return (
    <>
      {attempts.slice(-shownMax).map((attempt) => (
        <Attempt key={`${attempt.node} ${attempt.attempt} ${attempt.startedAt}`} attempt={attempt} />
      ))}
      {attempts.length > shownMax && (
        <Empty>
          Here are the last {shownMax} of {count(attempts.length)} that were read.{' '}
          {!isOfNode && 'Choose a node to see its own.'}
        </Empty>
      )}
    </>
  );
}

function Attempt({ attempt }: { readonly attempt: AttemptView }) {
  const { durationMs, error, iteration, logs, node, outcome, resources, startedAt, variables, workerId } =
    attempt;
  const isBad = outcome === 'failed' || outcome === 'retrying' || outcome === 'lost';
  return (
    <article class="attempt">
      <h3>
        <Words text={node} />
        {iteration !== undefined && `, iteration ${iteration}`}, attempt {attempt.attempt}{' '}
        <span class={isBad ? 'outcome is-failed' : 'outcome'}>{outcome}</span>
      </h3>
      <p class="hint">
        <At at={startedAt} />, {duration(durationMs)}, on <Words text={workerId} />
        {resources &&
          `; ${resources.peakMemoryMb.toFixed(0)} MB at its peak, ${(resources.userCpuSeconds + resources.systemCpuSeconds).toFixed(2)} s of processor${resources.shared ? ', of the whole process' : ''}`}
      </p>
      {error && <ErrorText text={`${error.type}: ${error.message}`} />}
      {logs.length > 0 && <Logs logs={logs} />}
      {Object.keys(variables).length > 0 && <Value label="Variables" value={variables} />}
    </article>
  );
}

function Logs({ logs }: { readonly logs: readonly LogView[] }) {
  return (
    <ol class="logs">
      {logs.map((line, index) => (
        // Lines have no other name, and never move.
        <li key={index} class={`level-${line.level}`}>
          <At at={line.at} /> <b>{line.level}</b>{' '}
          <span dir="auto">
            {visible(line.message)}
            {line.fields && <code> {jsonText(line.fields).replaceAll(/\s*\n\s*/g, ' ')}</code>}
          </span>
        </li>
      ))}
    </ol>
  );
}
