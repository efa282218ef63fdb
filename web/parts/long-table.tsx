import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { type ColumnHead, ColumnHeads } from './column-heads.tsx';

interface LongTableProps<Row> {
  readonly label: string;
  readonly columns: readonly ColumnHead[];
  readonly rows: readonly Row[];
  /** Of every row, in pixels. */
  readonly rowHeight: number;
  /** Of what is seen of it at most, in pixels; without it as much as the window has. */
  readonly heightMax?: number;
  readonly row: (row: Row, index: number) => ComponentChildren;
  /** Asked for more, while the last rows are near. */
  readonly onNearEnd?: () => void;
}

/** So many rows are there beyond those that are seen. */
const overscan = 12;

/** A table of any length: only rows that are seen, and some more, are there. */
export function LongTable<Row>(props: LongTableProps<Row>) {
  const { columns, onNearEnd, rowHeight, rows } = props;
  const count = rows.length;
  const box = useRef<HTMLDivElement>(null);
  const view = useSignal({ top: 0, height: 600 });
  const look = () => {
    const { clientHeight = 600, scrollTop = 0 } = box.current ?? {};
    view.value = { top: scrollTop, height: clientHeight };
  };
  useEffect(() => {
    if (!box.current) return;
    const observer = new ResizeObserver(look);
    observer.observe(box.current);
    return () => observer.disconnect();
  }, []);
  const first = Math.max(0, Math.min(count, Math.floor(view.value.top / rowHeight)) - overscan);
  const last = Math.min(count, Math.ceil((view.value.top + view.value.height) / rowHeight) + overscan);
  const isNearEnd = last + overscan >= count;
  useEffect(() => {
    if (isNearEnd) onNearEnd?.();
  }, [isNearEnd, count, onNearEnd]);
  const style = props.heightMax === undefined ? {} : { maxHeight: `${props.heightMax}px` };
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys
    <section class="long" ref={box} onScroll={look} tabIndex={0} aria-label={props.label} style={style}>
      <table aria-label={props.label} aria-rowcount={count + 1}>
        <thead>
          <tr aria-rowindex={1}>
            <ColumnHeads columns={columns} />
          </tr>
        </thead>
        <tbody>
          <Gap height={first * rowHeight} columns={columns.length} />
          {rows.slice(first, last).map((row, index) => props.row(row, first + index))}
          <Gap height={(count - last) * rowHeight} columns={columns.length} />
        </tbody>
      </table>
    </section>
  );
}

function Gap({ columns, height }: { readonly columns: number; readonly height: number }) {
  if (height <= 0) return null;
  return (
    <tr class="gap">
      <td colSpan={columns} style={{ height: `${height}px` }} />
    </tr>
  );
}
