import { useSignal } from '@preact/signals';
import type { QueueView, WorkerView } from '../../lib/client/index.ts';
import { announce } from '../app/announce.ts';
import { client } from '../app/api.ts';
import { count, duration } from '../app/format.ts';
import { type Resource, useResource } from '../app/resource.ts';
import { type ColumnHead, ColumnHeads, numberColumn, textColumn } from '../parts/column-heads.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { ErrorNote } from '../parts/error-note.tsx';
import { LongTable } from '../parts/long-table.tsx';
import { Ago, Card, Empty, Words } from '../parts/text.tsx';

const everyMs = 5_000;

export function WorkersPage() {
  const workers = useResource(() => client.workers(), '', everyMs);
  const queues = useResource(() => client.queues(), '', everyMs);
  const found = sorted(workers.state.value.data ?? []);
  return (
    <>
      <Queues queues={queues} workers={found} />
      <Card title="Workers" aside={<span class="hint">{summary(found)}</span>}>
        <ErrorNote error={workers.state.value.error} />
        {workers.state.value.data?.length === 0 ? (
          <Empty>No worker has been here within a day.</Empty>
        ) : (
          <WorkersTable workers={found} />
        )}
      </Card>
    </>
  );
}

const order = { lost: 0, healthy: 1, stopped: 2 } as const;
const sorted = (workers: readonly WorkerView[]) =>
  workers.toSorted(
    (a, b) =>
      order[a.status] - order[b.status] ||
      a.pool.localeCompare(b.pool) ||
      b.lastSeenAt.localeCompare(a.lastSeenAt),
  );

function summary(workers: readonly WorkerView[]): string {
  const of = (status: WorkerView['status']) => workers.filter((each) => each.status === status).length;
  return `${of('healthy')} healthy, ${of('lost')} lost, ${of('stopped')} stopped`;
}

const workerColumns = [
  textColumn('State'),
  textColumn('Worker'),
  textColumn('Pool'),
  numberColumn('At work'),
  numberColumn('Succeeded'),
  numberColumn('Failed'),
  numberColumn('On average'),
  textColumn('Seen'),
];

function WorkersTable({ workers }: { readonly workers: readonly WorkerView[] }) {
  return (
    <LongTable
      label="Workers"
      columns={workerColumns}
      rows={workers}
      rowHeight={44}
      heightMax={560}
      row={(worker) => <WorkerRow key={worker.id} worker={worker} />}
    />
  );
}

const looks = { healthy: 'succeeded', lost: 'failed', stopped: 'skipped' } as const;

function WorkerRow({ worker }: { readonly worker: WorkerView }) {
  return (
    <tr>
      <td>
        <span class={`status is-${looks[worker.status]}`}>{worker.status}</span>
      </td>
      <td class="cut id">
        <Words text={worker.id} />
      </td>
      <td>
        <Words text={worker.pool} /> <span class="hint">{worker.kind}</span>
      </td>
      <td class="number">{worker.running}</td>
      <td class="number">{count(worker.succeeded)}</td>
      <td class="number">{count(worker.failed)}</td>
      <td class="number">{worker.averageMs === 0 ? '' : duration(worker.averageMs)}</td>
      <td>
        <Ago at={worker.lastSeenAt} />
      </td>
    </tr>
  );
}

interface QueuesProps {
  readonly queues: Resource<readonly QueueView[]>;
  readonly workers: readonly WorkerView[];
}

const queueColumns: readonly ColumnHead[] = [
  textColumn('Pool'),
  textColumn('Lanes'),
  numberColumn('Workers'),
  numberColumn('Waiting'),
  numberColumn('In flight'),
  numberColumn('Delayed'),
  numberColumn('Dead letters'),
  { title: <span class="unseen">What can be done</span> },
];

function Queues({ queues, workers }: QueuesProps) {
  const redriven = useSignal<QueueView | undefined>(undefined);
  const { data, error } = queues.state.value;
  const close = () => {
    redriven.value = undefined;
  };
  const chosen = redriven.value;
  const redrive = async (pool: string) => {
    const { messages } = await client.redrive(pool);
    announce(`${messages} messages of ${pool} are on their way back`);
    close();
    await queues.reload();
  };
  return (
    <Card title="Pools and queues">
      <ErrorNote error={error} />
      <table>
        <thead>
          <tr>
            <ColumnHeads columns={queueColumns} />
          </tr>
        </thead>
        <tbody>
          {data?.map((queue) => (
            <QueueRow
              key={queue.pool}
              queue={queue}
              healthy={workers.filter((each) => each.pool === queue.pool && each.status === 'healthy').length}
              onRedrive={() => {
                redriven.value = queue;
              }}
            />
          ))}
        </tbody>
      </table>
      {chosen && (
        <Dialog
          title={`Redrive ${chosen.pool}?`}
          action="Send them back"
          onAction={() => redrive(chosen.pool)}
          onClose={close}
        >
          <p>
            About {count(chosen.deadLetters ?? 0)} messages that nobody could handle go back to the queues of
            this pool. A message that comes back twice does no harm.
          </p>
        </Dialog>
      )}
    </Card>
  );
}

interface QueueRowProps {
  readonly queue: QueueView;
  readonly healthy: number;
  readonly onRedrive: () => void;
}

function QueueRow({ queue, healthy, onRedrive }: QueueRowProps) {
  const { deadLetters, delayed, error, inFlight, lanes, pool, tags, waiting } = queue;
  const shown = (value: number | undefined) => (value === undefined ? '–' : count(value));
  return (
    <tr>
      <th scope="row">
        <Words text={pool} /> <span class="hint">{tags.join(', ')}</span>
        {error && (
          <span class="message">
            {error.code}: <Words text={error.message} />
          </span>
        )}
      </th>
      <td>{lanes.join(', ')}</td>
      <td class="number">{healthy}</td>
      <td class="number">{shown(waiting)}</td>
      <td class="number">{shown(inFlight)}</td>
      <td class="number">{shown(delayed)}</td>
      <td class={`number${deadLetters ? ' is-bad' : ''}`}>{shown(deadLetters)}</td>
      <td>
        <button type="button" disabled={!deadLetters} onClick={onRedrive}>
          Redrive…<span class="unseen"> {pool}</span>
        </button>
      </td>
    </tr>
  );
}
