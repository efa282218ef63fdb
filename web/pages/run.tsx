import { useEffect, useMemo } from 'preact/hooks';
import type { AttemptView, Run } from '../../lib/client/index.ts';
import type { Shape } from '../../lib/model/definition.ts';
import type { RunStatus } from '../../lib/model/run.ts';
import { client } from '../app/api.ts';
import { go, inTenant, linkTo, tenant } from '../app/place.ts';
import { useResource } from '../app/resource.ts';
import { useRun } from '../app/watch.ts';
import { Attempts } from '../parts/attempts.tsx';
import { CostCard } from '../parts/cost.tsx';
import { ErrorNote } from '../parts/error-note.tsx';
import { GraphView } from '../parts/graph-view.tsx';
import { NodePanel } from '../parts/node-panel.tsx';
import { RunActions } from '../parts/run-actions.tsx';
import { RunFacts } from '../parts/run-facts.tsx';
import { Status } from '../parts/status.tsx';
import { Card, Empty, ErrorText, Words } from '../parts/text.tsx';
import { TimelineView } from '../parts/timeline.tsx';
import { Value } from '../parts/value.tsx';

export function RunPage({ id, node }: { readonly id: string; readonly node: string | undefined }) {
  const whose = tenant.value;
  const { data: run, error } = useRun(id, whose);
  if (!run)
    return (
      <>
        <h1>
          Run <Words text={id} />
        </h1>
        {error ? <ErrorNote error={error} /> : <Empty>Reading the run…</Empty>}
      </>
    );
  return (
    <>
      <ErrorNote error={error} />
      <RunView key={`${run.tenant}/${run.id}`} run={run} node={node} />
    </>
  );
}

const attemptPagesMax = 10;

/** Of one node, or of all; as many as can be looked through. */
async function allAttempts(id: string, node?: string): Promise<readonly AttemptView[]> {
  const found: AttemptView[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < attemptPagesMax; page += 1) {
    const next = cursor === undefined ? {} : { cursor };
    const answer = await client.attempts(id, {
      ...inTenant(),
      ...(node !== undefined && { node }),
      limit: 100,
      ...next,
    });
    found.push(...answer.attempts);
    cursor = answer.cursor;
    if (cursor === undefined) break;
  }
  return found;
}

/** What of a run says that its attempts have something new to tell. */
const progressOf = ({ attempt, nodes = [], status }: Run): string =>
  [status, attempt, ...nodes.map((node) => `${node.status}${node.attempt}`)].join();

function RunView({ run, node }: { readonly run: Run; readonly node: string | undefined }) {
  const attempts = useResource(() => allAttempts(run.id), run.id);
  const own = useResource(() => allAttempts(run.id, node), node);
  const why = useResource(() => client.why(run.id, inTenant()), run.id);
  const definition = useResource(() => client.definition(run.hash), run.hash);
  const progress = progressOf(run);
  // Asked again when something has changed.
  useEffect(() => {
    void attempts.reload();
    if (node !== undefined) void own.reload();
    void why.reload();
  }, [progress]);
  const found = attempts.state.value.data ?? [];
  const ofNode = node === undefined ? found : (own.state.value.data ?? []);
  const { nodes } = run;
  const selected = nodes?.find(({ id }) => id === node);
  const shape = definition.state.value.data?.shape;
  const select = (path: string) => go({ page: 'run', id: run.id, node: path });
  const timeline = (
    <Card title="Timeline">
      <TimelineView run={run} attempts={found} selected={node} />
    </Card>
  );
  return (
    <>
      <header class="run-head">
        <div>
          <Status status={run.status} />
          <h1>
            <Words text={run.task} />
          </h1>
          <p class="id">
            <Words text={run.id} />
          </p>
        </div>
        <RunActions run={run} shape={shape} />
      </header>
      {!('endedAt' in run) && why.state.value.data && (
        <div class="note is-why">
          <strong>Why it has not ended</strong>
          <p>
            <Words text={why.state.value.data.message} />
          </p>
        </div>
      )}
      <RunError run={run} />
      <RunFacts run={run} />
      {nodes && shape ? (
        <div class="two is-run">
          <RunGraph shape={shape} run={run} selected={node} onSelect={select} />
          <div class="stack">
            {timeline}
            {selected && (
              <NodePanel node={selected} run={run} onClose={() => go({ page: 'run', id: run.id })} />
            )}
          </div>
        </div>
      ) : (
        timeline
      )}
      <Values run={run} />
      <CostCard run={run} progress={progress} />
      <Card
        title={node === undefined ? 'Attempts and logs' : `Attempts and logs of ${node}`}
        aside={node !== undefined && <a href={linkTo({ page: 'run', id: run.id })}>Of all nodes</a>}
      >
        <ErrorNote error={attempts.state.value.error ?? own.state.value.error} />
        <Attempts attempts={ofNode} isOfNode={node !== undefined} />
      </Card>
    </>
  );
}

function RunError({ run }: { readonly run: Run }) {
  if (!('error' in run) || !run.error) return null;
  const { attempt, code, message, type } = run.error;
  return (
    <div class="note is-error">
      <strong>
        <Words text={code === undefined ? type : `${type} (${code})`} />, attempt {attempt}
      </strong>
      <ErrorText text={message} />
    </div>
  );
}

interface RunGraphProps {
  readonly shape: Shape;
  readonly run: Run;
  readonly selected: string | undefined;
  readonly onSelect: (path: string) => void;
}

function RunGraph({ shape, run, selected, onSelect }: RunGraphProps) {
  const { nodes = [] } = run;
  const statuses = useMemo(
    () => new Map<string, RunStatus>(nodes.map(({ id, status }) => [id, status])),
    [nodes],
  );
  return (
    <Card title="Graph" class="is-graph">
      <GraphView shape={shape} statuses={statuses} selected={selected} onSelect={onSelect} />
    </Card>
  );
}

function Values({ run }: { readonly run: Run }) {
  return (
    <div class="two">
      <Card title="Input">
        <Value isTitled label="Input" value={run.input} size={run.inputBytes} isLost={run.inputLost} />
      </Card>
      {run.status === 'succeeded' ? (
        <Card title="Output">
          <Value isTitled label="Output" value={run.output} size={run.outputBytes} isLost={run.outputLost} />
        </Card>
      ) : (
        run.progress !== undefined && (
          <Card title="Progress">
            <Value isTitled label="Progress" value={run.progress} />
          </Card>
        )
      )}
    </div>
  );
}
