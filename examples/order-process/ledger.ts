import { appendFile, readFile } from 'node:fs/promises';

/** What a payment service and a warehouse would keep: one line an entry, and one entry a key, however often it is told. */
interface Entry {
  readonly key: string;
  readonly what: 'charged' | 'refunded' | 'reserved' | 'released' | 'invoiced' | 'shipped';
  readonly order: string;
  readonly amount: number;
}

/** Tells the ledger something. A second time under the same key changes nothing. */
export async function tell(file: string, entry: Entry): Promise<void> {
  await appendFile(file, `${JSON.stringify(entry)}\n`);
}

/** The entries of an order in the order they came, each key once. */
export async function entriesOf(file: string, order: string): Promise<Entry[]> {
  const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => line !== '');
  const entries = new Map<string, Entry>();
  for (const line of lines) {
    const entry = JSON.parse(line) as Entry;
    if (!entries.has(entry.key)) entries.set(entry.key, entry);
  }
  return [...entries.values()].filter((entry) => entry.order === order);
}
