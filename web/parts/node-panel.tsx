import type { NodeView, Run } from '../../lib/client/index.ts';
import { now } from '../app/clock.ts';
import { duration } from '../app/format.ts';
import { SignalButton } from './run-actions.tsx';
import { Status } from './status.tsx';
import { Ago, At, Card, ErrorText, Fact, RunLink, Words } from './text.tsx';
import { Value } from './value.tsx';

interface NodePanelProps {
  readonly node: NodeView;
  readonly run: Run;
  readonly onClose: () => void;
}

/** One node of a run, in full. */
export function NodePanel({ node, run, onClose }: NodePanelProps) {
  const { child, endedAt, error, leasedUntil, readyAt, signal, startedAt, status, workerId } = node;
  const isOpenSignal = signal && signal.id === undefined && status === 'waiting';
  return (
    <Card
      title={`Node ${node.id}`}
      aside={
        <button type="button" class="quiet" onClick={onClose}>
          Close
        </button>
      }
    >
      <dl class="facts">
        <Fact name="State">
          <Status status={status} />
        </Fact>
        <Fact name="Attempt">{node.attempt > 0 && `${node.attempt} of ${node.maxAttempts}`}</Fact>
        <Fact name={signal || child ? 'Waited' : 'In the queue'}>{span(readyAt, startedAt)}</Fact>
        <Fact name="Took">
          {endedAt === undefined
            ? status === 'running' && span(startedAt, new Date(now.value).toISOString())
            : span(startedAt, endedAt)}
        </Fact>
        <Fact name="Began">{startedAt !== undefined && <At at={startedAt} />}</Fact>
        <Fact name="Worker">{workerId !== undefined && <Words text={workerId} />}</Fact>
        <Fact name="Lease until">{leasedUntil !== undefined && <At at={leasedUntil} />}</Fact>
        <Fact name="Next attempt">{node.nextRetryAt !== undefined && <Ago at={node.nextRetryAt} />}</Fact>
        <Fact name="Iteration">{node.iteration}</Fact>
        <Fact name="Route">{node.decision !== undefined && <Words text={node.decision} />}</Fact>
        <Fact name="Result">{node.cached && 'from the cache'}</Fact>
        <Fact name="Signal">{signal && <Words text={signal.name} />}</Fact>
        <Fact name="No later than">{signal?.until !== undefined && <Ago at={signal.until} />}</Fact>
        <Fact name="Child run">{child && <RunLink id={child.id} />}</Fact>
      </dl>
      {isOpenSignal && <SignalButton run={run} name={signal.name} />}
      {error && (
        <div class="note is-error">
          <strong>
            <Words text={error.type} />, attempt {error.attempt}
          </strong>
          <ErrorText text={error.message} />
        </div>
      )}
      {node.progress !== undefined && <Value label="Progress" value={node.progress} />}
      {(node.output !== undefined || node.outputBytes !== undefined) && (
        <Value label="Output" value={node.output} size={node.outputBytes} isLost={node.outputLost} />
      )}
    </Card>
  );
}

function span(from: string | undefined, to: string | undefined): string | undefined {
  if (from === undefined || to === undefined || to < from) return undefined;
  return duration(Date.parse(to) - Date.parse(from));
}
