import type { Run } from '../../lib/client/index.ts';
import { now } from '../app/clock.ts';
import { duration } from '../app/format.ts';
import { linkTo } from '../app/place.ts';
import { Ago, At, Fact, RunLink, Words } from './text.tsx';

/** What there is to say of a run in a word each. */
export function RunFacts({ run }: { readonly run: Run }) {
  const { attempt, createdAt, leasedUntil, maxAttempts, parent, readyAt, retryOf, startedAt, workerId } = run;
  const took =
    'durationMs' in run
      ? duration(run.durationMs)
      : startedAt !== undefined && run.status === 'running'
        ? duration(now.value - Date.parse(startedAt))
        : undefined;
  const queued =
    readyAt !== undefined && startedAt !== undefined && startedAt >= readyAt
      ? duration(Date.parse(startedAt) - Date.parse(readyAt))
      : undefined;
  return (
    <dl class="facts">
      <Fact name="Created">
        <Ago at={createdAt} />
      </Fact>
      <Fact name={'endedAt' in run ? 'Took' : 'Takes'}>{took}</Fact>
      <Fact name="In the queue">{queued}</Fact>
      <Fact name="Attempt">{run.kind === 'task' && attempt > 0 && `${attempt} of ${maxAttempts}`}</Fact>
      <Fact name="Worker">{workerId !== undefined && <Words text={workerId} />}</Fact>
      <Fact name="Lease until">{leasedUntil !== undefined && <At at={leasedUntil} />}</Fact>
      <Fact name="Next attempt">
        {'nextRetryAt' in run && run.nextRetryAt !== undefined && <Ago at={run.nextRetryAt} />}
      </Fact>
      <Fact name="Priority">{run.priority !== 'normal' && run.priority}</Fact>
      <Fact name="Tags">{run.tags.length > 0 && <Words text={run.tags.join(', ')} />}</Fact>
      <Fact name="Tenant">{run.tenant !== '-' && <Words text={run.tenant} />}</Fact>
      <Fact name="Key">{run.idempotencyKey !== undefined && <Words text={run.idempotencyKey} />}</Fact>
      <Fact name="Child of">{parent && <RunLink id={parent.id} />}</Fact>
      <Fact name="Retry of">{retryOf !== undefined && <RunLink id={retryOf} />}</Fact>
      <Fact name="Retried as">{run.retriedAs !== undefined && <RunLink id={run.retriedAs} />}</Fact>
      <Fact name="Delivers">{run.deliveryOf !== undefined && <RunLink id={run.deliveryOf} />}</Fact>
      <Fact name="Depends on">{run.dependsOn && <Ids ids={run.dependsOn} />}</Fact>
      <Fact name="Still waits for">{run.waitsFor && <Ids ids={run.waitsFor} />}</Fact>
      <Fact name="Delivered by">{run.deliveries && <Ids ids={run.deliveries.map(({ id }) => id)} />}</Fact>
      <Fact name="Asked to stop">{asked(run)}</Fact>
      <Fact name="Result">{'cached' in run && run.cached && 'from the cache'}</Fact>
      <Fact name="Definition">
        <a class="id" href={linkTo({ page: 'definition', id: run.hash })}>
          {run.hash}
        </a>
      </Fact>
    </dl>
  );
}

function Ids({ ids }: { readonly ids: readonly string[] }) {
  return ids.slice(0, 20).map((id) => (
    <span key={id}>
      <RunLink id={id} />{' '}
    </span>
  ));
}

function asked(run: Run) {
  const cancel = 'cancel' in run ? run.cancel : undefined;
  const pause = 'pause' in run ? run.pause : undefined;
  const request = cancel ?? pause;
  if (!request) return undefined;
  const { by, mode, reason } = request;
  const words = [cancel ? 'cancel' : 'pause', mode, by && `by ${by}`, reason && `because ${reason}`];
  return <Words text={words.filter((word) => word).join(', ')} />;
}
