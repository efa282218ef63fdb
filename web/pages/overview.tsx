import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import type { QueueView, Run } from '../../lib/client/index.ts';
import type { RunStatus } from '../../lib/model/run.ts';
import { client } from '../app/api.ts';
import { now } from '../app/clock.ts';
import { count, duration } from '../app/format.ts';
import { changes, endedRuns } from '../app/live.ts';
import { inTenant, linkTo, route, tenant } from '../app/place.ts';
import { type Resource, useResource } from '../app/resource.ts';
import { Latency, Throughput } from '../parts/charts.tsx';
import { ErrorNote } from '../parts/error-note.tsx';
import { Status } from '../parts/status.tsx';
import { Ago, Card, Empty, RunLink, Words } from '../parts/text.tsx';

const stepMs = 5_000;
const steps = 60;
const dayMs = 86_400_000;

/** Counts read the index: not more often than this, however much happens. */
const countsMs = 10_000;

const loadCounts = () => client.counts({ ...inTenant(), since: new Date(Date.now() - dayMs).toISOString() });
/** Asked for while the page is not even drawn. */
let early = route.value.page === 'overview' ? loadCounts() : undefined;
early?.catch(() => {}); // who takes it is told

function takeCounts(): ReturnType<typeof loadCounts> {
  const taken = early ?? loadCounts();
  early = undefined;
  return taken;
}

export function OverviewPage() {
  const whose = tenant.value ?? '';
  const counts = useResource(takeCounts, whose, countsMs);
  const { data, error } = counts.state.value;
  // The numbers come first: to list what is at work, each run that has not ended is read.
  const isNext = data !== undefined || error !== undefined;
  const queues = useResource(() => client.queues(), isNext ? '' : undefined, countsMs);
  const readyKey = isNext ? `ready ${whose}` : undefined;
  const ready = useResource(() => listed('ready', 100, 'earliest'), readyKey, countsMs);
  useEarlierEnds(whose, isNext);
  const more = (which: 'active' | 'failed' | 'succeeded' | 'paused') =>
    data?.more?.includes(which) ? '+' : '';
  const shown = (which: 'active' | 'failed' | 'succeeded' | 'paused') =>
    data ? `${count(data[which])}${more(which)}` : '–';
  return (
    <>
      <div class="tiles">
        <Tile name="Active" href={linkTo({ page: 'runs', filter: {} })} value={shown('active')}>
          {data && data.paused > 0 ? `and ${shown('paused')} paused` : 'not ended yet'}
        </Tile>
        <QueueTile queues={queues} />
        <OldestTile ready={ready} />
        <Tile
          name="Failed"
          href={linkTo({ page: 'runs', filter: { status: 'failed' } })}
          value={shown('failed')}
          tone={data && data.failed > 0 ? 'bad' : 'good'}
        >
          in 24 hours
        </Tile>
        <Tile
          name="Succeeded"
          href={linkTo({ page: 'runs', filter: { status: 'succeeded' } })}
          value={shown('succeeded')}
        >
          in 24 hours
        </Tile>
        <DeadTile queues={queues} />
      </div>
      <ErrorNote error={error} />
      <Charts />
      <div class="two">
        <LatestRuns title="At work" status="running" empty="Nothing is at work." isWanted={isNext} />
        <LatestRuns title="Latest failures" status="failed" empty="Nothing has failed." isWanted={isNext} />
      </div>
    </>
  );
}

const listed = async (status: RunStatus, limit: number, sort: 'latest' | 'earliest' = 'latest') =>
  (await client.list({ ...inTenant(), status, limit, sort })).runs;

/** What ended before the page was opened, so that its charts do not begin empty. Not before the page has its numbers. */
function useEarlierEnds(whose: string, isWanted: boolean): void {
  useEffect(() => {
    if (!isWanted) return;
    const since = new Date(Date.now() - stepMs * steps).toISOString();
    for (const status of ['succeeded', 'failed'] as const) readEarlier(status, since).catch(() => {});
  }, [whose, isWanted]);
}

const earlierPagesMax = 10;

async function readEarlier(status: RunStatus, since: string): Promise<void> {
  let cursor: string | undefined;
  for (let page = 0; page < earlierPagesMax; page += 1) {
    const from = cursor === undefined ? {} : { cursor };
    const answer = await client.list({ ...inTenant(), status, since, limit: 100, ...from });
    for (const run of answer.runs) endedRuns.add(run);
    changes.value += 1;
    cursor = answer.cursor;
    if (cursor === undefined) return;
  }
}

interface TileProps {
  readonly name: string;
  readonly value: string;
  readonly href: string;
  readonly tone?: 'good' | 'bad' | 'warn';
  readonly children: ComponentChildren;
}

function Tile({ name, value, href, tone, children }: TileProps) {
  return (
    <a class={`tile${tone === undefined ? '' : ` is-${tone}`}`} href={href}>
      <span class="name">{name}</span>
      <strong>{value}</strong>
      <span class="hint">{children}</span>
    </a>
  );
}

const sum = (queues: readonly QueueView[], which: 'waiting' | 'inFlight' | 'deadLetters') =>
  queues.reduce((total, queue) => total + (queue[which] ?? 0), 0);

function QueueTile({ queues }: { readonly queues: Resource<readonly QueueView[]> }) {
  const { data } = queues.state.value;
  return (
    <Tile name="Queued" href={linkTo({ page: 'workers' })} value={data ? count(sum(data, 'waiting')) : '–'}>
      {data ? `and ${count(sum(data, 'inFlight'))} in flight` : 'messages'}
    </Tile>
  );
}

function DeadTile({ queues }: { readonly queues: Resource<readonly QueueView[]> }) {
  const { data } = queues.state.value;
  const dead = data ? sum(data, 'deadLetters') : 0;
  return (
    <Tile
      name="Dead letters"
      href={linkTo({ page: 'workers' })}
      value={data ? count(dead) : '–'}
      {...(data && { tone: dead > 0 ? 'bad' : 'good' })}
    >
      {dead > 0 ? 'can be sent back' : 'nothing is stuck'}
    </Tile>
  );
}

function OldestTile({ ready }: { readonly ready: Resource<readonly Run[]> }) {
  const { data } = ready.state.value;
  const since = (data ?? [])
    .map(({ createdAt, readyAt }) => Date.parse(readyAt ?? createdAt))
    .filter((at) => at <= now.value);
  const oldest = since.length === 0 ? undefined : now.value - Math.min(...since);
  return (
    <Tile
      name="Oldest waiting"
      href={linkTo({ page: 'runs', filter: { status: 'ready' } })}
      value={data === undefined ? '–' : oldest === undefined ? 'none' : duration(oldest)}
      {...(oldest !== undefined && oldest > 300_000 && { tone: 'warn' })}
    >
      ready to begin
    </Tile>
  );
}

function Charts() {
  // Drawn anew by the clock, and when something has ended.
  void changes.value;
  const buckets = endedRuns.buckets(now.value, stepMs, steps);
  return (
    <div class="two">
      <Card
        title="Throughput"
        aside={
          <ul class="legend">
            <li>
              <i class="dot is-succeeded" /> succeeded
            </li>
            <li>
              <i class="dot is-failed" /> otherwise
            </li>
          </ul>
        }
      >
        <Throughput buckets={buckets} now={now.value} stepMs={stepMs} />
      </Card>
      <Card
        title="Latency"
        aside={
          <ul class="legend">
            <li>
              <i class="dash p50" /> median
            </li>
            <li>
              <i class="dash p95" /> 95 %
            </li>
          </ul>
        }
      >
        <Latency buckets={buckets} now={now.value} />
      </Card>
    </div>
  );
}

interface LatestProps {
  readonly title: string;
  readonly status: RunStatus;
  readonly empty: string;
  readonly isWanted: boolean;
}

function LatestRuns({ title, status, empty, isWanted }: LatestProps) {
  const key = isWanted ? `${status} ${tenant.value ?? ''}` : undefined;
  const latest = useResource(() => listed(status, 8), key, countsMs);
  const soon = useSignal<ReturnType<typeof setTimeout> | undefined>(undefined);
  const seen = changes.value;
  useEffect(() => {
    if (seen === 0 || soon.peek() !== undefined) return;
    soon.value = setTimeout(() => {
      soon.value = undefined;
      void latest.reload();
    }, 1_000);
  }, [seen, latest, soon]);
  const { data, error } = latest.state.value;
  return (
    <Card title={title} aside={<a href={linkTo({ page: 'runs', filter: { status } })}>All</a>}>
      <ErrorNote error={error} />
      {data?.length === 0 && <Empty>{empty}</Empty>}
      <ul class="latest">
        {data?.map((run) => (
          <li key={run.id}>
            <Status status={run.status} />
            <span class="grow">
              <Words text={run.task} /> <RunLink id={run.id} />
              {'error' in run && run.error && (
                <span class="message">
                  <Words text={`${run.error.type}: ${run.error.message.slice(0, 200)}`} />
                </span>
              )}
            </span>
            <Ago at={'endedAt' in run ? run.endedAt : run.createdAt} />
          </li>
        ))}
      </ul>
    </Card>
  );
}
