import { HoldfastError } from '../model/errors.ts';
import { checkName } from '../model/ids.ts';
import type { PreparedEntry } from './create-batch.ts';

const entriesMax = 100;
const dependenciesMax = 100;

type Entry = Pick<PreparedEntry, 'ref' | 'dependsOn' | 'idempotencyKey'>;

/**
 * @param areCounted one place of the transaction is the counter's
 * @throws HoldfastError `InvalidArgument`, `InvalidName`, `DependencyCycle`, naming entry and field
 */
export function checkEntries(entries: readonly Entry[], areCounted = false): void {
  const max = areCounted ? entriesMax - 1 : entriesMax;
  if (entries.length < 1 || entries.length > max) {
    const where = areCounted ? ' where the open runs of a tenant are counted' : '';
    const what = `a batch has 1 to ${max} entries${where}, not ${entries.length}`;
    throw new HoldfastError('InvalidArgument', what, { field: 'entries' });
  }
  const refs = new Set<string>();
  const keys = new Set<string>();
  for (const [index, { dependsOn = [], idempotencyKey, ref }] of entries.entries()) {
    checkName(ref, `${index}.ref`);
    if (refs.has(ref)) throw invalid(`${index}.ref`, `two entries are called ${ref}`);
    refs.add(ref);
    if (idempotencyKey !== undefined && keys.has(idempotencyKey))
      throw invalid(`${index}.idempotencyKey`, `${ref} has the idempotency key of another entry`);
    if (idempotencyKey !== undefined) keys.add(idempotencyKey);
    if (dependsOn.length > dependenciesMax)
      throw invalid(`${index}.dependsOn`, `${ref} depends on more than ${dependenciesMax} runs`);
    if (new Set(dependsOn).size < dependsOn.length)
      throw invalid(`${index}.dependsOn`, `${ref} depends twice on the same`);
  }
  refuseCycles(entries);
}

/** @throws HoldfastError `DependencyCycle`, naming it: `a → b → a` */
function refuseCycles(entries: readonly Entry[]): void {
  const byRef = new Map(
    entries.map((entry, index) => [entry.ref, { index, dependsOn: entry.dependsOn ?? [] }]),
  );
  const done = new Set<string>();
  const visit = (ref: string, path: readonly string[]): void => {
    if (done.has(ref)) return;
    if (path.includes(ref)) {
      const cycle = [...path.slice(path.indexOf(ref)), ref].join(' → ');
      throw new HoldfastError('DependencyCycle', `The entries depend on each other: ${cycle}`, {
        field: `${byRef.get(ref)?.index}.dependsOn`,
      });
    }
    for (const next of byRef.get(ref)?.dependsOn ?? []) if (byRef.has(next)) visit(next, [...path, ref]);
    done.add(ref);
  };
  for (const { ref } of entries) visit(ref, []);
}

const invalid = (field: string, what: string): HoldfastError =>
  new HoldfastError('InvalidArgument', what, { field });
