import type { ComponentChildren } from 'preact';

/** Of one column of a table. */
export interface ColumnHead {
  readonly title: ComponentChildren;
  /** `number` stands to the right. */
  readonly kind?: 'number' | 'track';
}

export function ColumnHeads({ columns }: { readonly columns: readonly ColumnHead[] }) {
  return columns.map(({ kind, title }, index) => (
    <th key={index} scope="col" class={kind}>
      {title}
    </th>
  ));
}

/** A column of text, and one of numbers. */
export const textColumn = (title: string): ColumnHead => ({ title });
export const numberColumn = (title: string): ColumnHead => ({ title, kind: 'number' });
