import type { AttemptView, Run } from '../../lib/client/index.ts';
import { now } from '../app/clock.ts';
import { duration, visible } from '../app/format.ts';
import { linkTo } from '../app/place.ts';
import { type Bar, type Row, ticksOf, timelineOf } from '../app/timeline.ts';
import { textColumn } from './column-heads.tsx';
import { LongTable } from './long-table.tsx';
import { Sign } from './status.tsx';
import { Words } from './text.tsx';

interface TimelineProps {
  readonly run: Run;
  readonly attempts: readonly AttemptView[];
  readonly selected: string | undefined;
}

const kinds: Record<Bar['kind'], string> = {
  queued: 'in the queue',
  work: 'at work',
  wait: 'waiting',
  tried: 'an attempt before',
};

const legend = { queued: 'ready', work: 'succeeded', wait: 'waiting', tried: 'failed' } as const;

/** What each node did when: in the queue, at work, waiting, tried before. */
export function TimelineView({ run, attempts, selected }: TimelineProps) {
  // A run that has ended does not change with the clock.
  const end = 'endedAt' in run ? Date.parse(run.endedAt) : now.value;
  const { from, rows, to } = timelineOf(run, attempts, end);
  const part = (ms: number) => `${((ms / (to - from)) * 100).toFixed(3)}%`;
  // The last ones would have no room for their text.
  const ticks = ticksOf(to - from, 5).filter((ms) => ms < (to - from) * 0.8);
  return (
    <div class="timeline">
      <LongTable
        label="Timeline"
        columns={[
          textColumn('Node'),
          textColumn('Took'),
          { title: <Ticks ticks={ticks} part={part} />, kind: 'track' },
        ]}
        rows={rows}
        rowHeight={34}
        heightMax={510}
        row={(row) => (
          <TimelineRow
            key={row.id}
            row={row}
            run={run}
            from={from}
            part={part}
            isSelected={row.id === selected}
          />
        )}
      />
      <ul class="legend" aria-hidden="true">
        {(['queued', 'work', 'wait', 'tried'] as const).map((kind) => (
          <li key={kind}>
            <i class={`bar ${kind} is-${legend[kind]}`} /> {kinds[kind]}
          </li>
        ))}
      </ul>
    </div>
  );
}

/** The times above the bars. */
function Ticks({ part, ticks }: { readonly part: RowProps['part']; readonly ticks: readonly number[] }) {
  return (
    <>
      <span class="unseen">When</span>
      {ticks.map((ms) => (
        <span key={ms} class="tick" style={{ left: part(ms) }} aria-hidden="true">
          {ms === 0 ? '0' : duration(ms)}
        </span>
      ))}
    </>
  );
}

interface RowProps {
  readonly row: Row;
  readonly run: Run;
  readonly from: number;
  readonly part: (ms: number) => string;
  readonly isSelected: boolean;
}

function TimelineRow({ row, run, from, part, isSelected }: RowProps) {
  const work = row.bars.findLast(({ kind }) => kind === 'work' || kind === 'wait');
  const [, base = '', name = row.id] = /^(.*)\/([^/]+)$/.exec(row.id) ?? [];
  return (
    <tr class={isSelected ? 'is-selected' : undefined}>
      <th scope="row">
        <a
          class={`node-name is-${row.status}`}
          href={linkTo({ page: 'run', id: run.id, node: row.id })}
          title={`${visible(row.id)}: ${row.status}`}
          aria-current={isSelected ? 'true' : undefined}
        >
          <Sign status={row.status} />
          <Words text={name} />
          {base !== '' && (
            <small>
              <Words text={base} />
            </small>
          )}
          <span class="unseen">: {row.status}</span>
        </a>
      </th>
      <td class="number">{work && duration(work.to - work.from)}</td>
      <td class="track">
        <span class="unseen">{row.bars.map((bar) => said(bar, from)).join('; ')}</span>
        {row.bars.map((bar) => (
          <i
            key={`${bar.kind}${bar.from}`}
            class={`bar ${bar.kind} is-${bar.status}`}
            title={said(bar, from)}
            style={{
              left: `min(100% - 3px, ${part(bar.from - from)})`,
              width: `max(3px, ${part(bar.to - bar.from)})`,
            }}
          />
        ))}
      </td>
    </tr>
  );
}

const said = ({ from: at, kind, to }: Bar, from: number): string =>
  `${kinds[kind]} for ${duration(to - at)}, from ${duration(at - from)} on`;
