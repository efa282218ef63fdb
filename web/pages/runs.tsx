import { useSignal } from '@preact/signals';
import { useCallback, useEffect, useMemo } from 'preact/hooks';
import type { Run } from '../../lib/client/index.ts';
import { runStatuses } from '../../lib/model/run.ts';
import { client } from '../app/api.ts';
import { now } from '../app/clock.ts';
import { count, duration } from '../app/format.ts';
import { onChanges } from '../app/live.ts';
import { adjust, inTenant, tenant } from '../app/place.ts';
import { useResource } from '../app/resource.ts';
import type { RunsFilter } from '../app/router.ts';
import { RunsList } from '../app/runs-list.ts';
import { BulkDialog } from '../parts/bulk-dialog.tsx';
import { numberColumn, textColumn } from '../parts/column-heads.tsx';
import { ErrorNote } from '../parts/error-note.tsx';
import { LongTable } from '../parts/long-table.tsx';
import { Status } from '../parts/status.tsx';
import { Ago, Empty, RunLink, Words } from '../parts/text.tsx';

export function RunsPage({ filter }: { readonly filter: RunsFilter }) {
  const { name, since, status, until } = filter;
  const whose = tenant.value;
  const turn = useSignal(0);
  // A turn asks anew for the same.
  const list = useMemo(
    () =>
      new RunsList(
        {
          ...(name && { name }),
          ...(since && { since }),
          ...(status && { status }),
          ...(until && { until }),
        },
        whose,
      ),
    [name, since, status, until, whose, turn.value],
  );
  useEffect(() => {
    const stop = onChanges((changed) => list.apply(changed));
    return () => {
      stop();
      list.close();
    };
  }, [list]);
  const isBulk = useSignal(false);
  const more = useCallback(() => void list.more(), [list]);
  const runs = list.runs.value;
  return (
    <>
      <Filters filter={filter} />
      <div class="bar-line">
        <p aria-live="polite">
          {count(runs.length)}
          {runs.length === 1 ? ' run' : ' runs'}
          {!list.isComplete.value && ' read, there are more'}
          {list.isLoading.value && ' – reading…'}
        </p>
        {!list.isComplete.value && !list.isLoading.value && (
          <button type="button" onClick={more}>
            Read on
          </button>
        )}
        <button type="button" onClick={() => (turn.value += 1)}>
          Read anew
        </button>
        <button type="button" onClick={() => (isBulk.value = true)}>
          Change many…
        </button>
      </div>
      <ErrorNote error={list.error.value} />
      {list.error.value && (
        <button type="button" onClick={() => void list.retry()}>
          Try again
        </button>
      )}
      {runs.length === 0 && list.isComplete.value ? (
        <Empty>No run is like that.</Empty>
      ) : (
        <RunsTable runs={runs} onNearEnd={more} />
      )}
      {isBulk.value && (
        <BulkDialog
          filter={filter}
          onClose={() => {
            isBulk.value = false;
          }}
          onDone={() => (turn.value += 1)}
        />
      )}
    </>
  );
}

const columns = [
  textColumn('State'),
  textColumn('Name'),
  textColumn('Run'),
  textColumn('Created'),
  numberColumn('Took'),
  numberColumn('Attempt'),
];

function RunsTable({ runs, onNearEnd }: { readonly runs: readonly Run[]; readonly onNearEnd: () => void }) {
  return (
    <LongTable
      label="Runs"
      columns={columns}
      rows={runs}
      rowHeight={44}
      onNearEnd={onNearEnd}
      row={(run, index) => <RunRow key={run.id} run={run} index={index} />}
    />
  );
}

function RunRow({ run, index }: { readonly run: Run; readonly index: number }) {
  const { attempt, createdAt, id, maxAttempts, status, task } = run;
  const took =
    'durationMs' in run
      ? duration(run.durationMs)
      : status === 'running'
        ? duration(now.value - Date.parse(run.startedAt ?? createdAt))
        : '';
  return (
    <tr aria-rowindex={index + 2}>
      <td>
        <Status status={status} />
      </td>
      <td class="cut">
        <Words text={task} />
        {'error' in run && run.error && (
          <span class="message">
            <Words text={`${run.error.type}: ${run.error.message.slice(0, 200)}`} />
          </span>
        )}
      </td>
      <td>
        <RunLink id={id} />
      </td>
      <td>
        <Ago at={createdAt} />
      </td>
      <td class="number">{took}</td>
      <td class="number">{attempt === 0 ? '' : `${attempt} of ${maxAttempts}`}</td>
    </tr>
  );
}

function Filters({ filter }: { readonly filter: RunsFilter }) {
  const definitions = useResource(() => client.definitions(), '');
  const set = (name: keyof RunsFilter, value: string) => {
    const { [name]: _, ...rest } = filter;
    adjust({
      route: { page: 'runs', filter: { ...rest, ...(value !== '' && { [name]: value }) } },
      ...inTenant(),
    });
  };
  return (
    <search class="filters">
      <label>
        State
        <select value={filter.status ?? ''} onChange={(event) => set('status', event.currentTarget.value)}>
          <option value="">any</option>
          {runStatuses.map((each) => (
            <option key={each} value={each}>
              {each}
            </option>
          ))}
        </select>
      </label>
      <label>
        Name
        <input
          list="names"
          placeholder="any"
          value={filter.name ?? ''}
          onChange={(event) => set('name', event.currentTarget.value.trim())}
        />
      </label>
      <datalist id="names">
        {[...new Set(definitions.state.value.data?.map(({ name }) => name))].map((each) => (
          <option key={each} value={each} />
        ))}
      </datalist>
      <TimeField label="From" value={filter.since} onTime={(time) => set('since', time)} />
      <TimeField label="To" value={filter.until} onTime={(time) => set('until', time)} />
      <button
        type="button"
        class="quiet"
        onClick={() => adjust({ route: { page: 'runs', filter: {} }, ...inTenant() })}
      >
        Clear
      </button>
    </search>
  );
}

interface TimeFieldProps {
  readonly label: string;
  readonly value: string | undefined;
  readonly onTime: (time: string) => void;
}

/** A time as the place where the page is read has it; elsewhere in the page it is ISO 8601. */
function TimeField({ label, value, onTime }: TimeFieldProps) {
  return (
    <label>
      {label}
      <input
        type="datetime-local"
        value={value === undefined ? '' : localTime(value)}
        onChange={({ currentTarget: { value: given } }) =>
          onTime(given === '' ? '' : new Date(given).toISOString())
        }
      />
    </label>
  );
}

function localTime(iso: string): string {
  const ms = Date.parse(iso);
  if (Number.isNaN(ms)) return '';
  const offset = new Date(ms).getTimezoneOffset() * 60_000;
  return new Date(ms - offset).toISOString().slice(0, 16);
}
