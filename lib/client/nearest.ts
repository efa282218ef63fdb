/** More changes make another word of it. */
const changesMax = 3;

/** The known name that a mistyped one is most like; undefined where none is like it. */
export function nearestName(given: string, known: readonly string[]): string | undefined {
  const limit = Math.min(changesMax, Math.floor(given.length / 2));
  // A name has at most 64 characters; what is much longer is no slip of the hand.
  if (given.length > 64 + changesMax) return undefined;
  const near = known
    .map((name) => ({ name, changes: changesBetween(given.toLowerCase(), name.toLowerCase()) }))
    .filter(({ changes }) => changes <= limit);
  return near.sort((a, b) => a.changes - b.changes)[0]?.name;
}

/** Letters put in, left out or changed, and neighbours that changed places, to make one text of the other. */
function changesBetween(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const changed = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const choices = [changed, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1];
      next.push(Math.min(...choices, ...(swapped ? [(before[j - 2] ?? 0) + 1] : [])));
    }
    before = row;
    row = next;
  }
  return row[b.length] ?? 0;
}
