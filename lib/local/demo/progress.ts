/** What the terminal shows of work that goes on: one line, written over. Nothing where nobody watches. */
export interface ProgressLine {
  show(done: number): void;
  /** Takes the line away. */
  clear(): void;
}

const barLength = 40;
/** To the line's beginning, and what stood there away. */
const over = '\r\u001b[K';

export function progressLine(total: number, out: NodeJS.WriteStream = process.stdout): ProgressLine {
  if (!out.isTTY) return { show() {}, clear() {} };
  return {
    show(done) {
      const filled = Math.floor((done / total) * barLength);
      out.write(`${over}${'#'.repeat(filled)}${'-'.repeat(barLength - filled)} ${done} of ${total} files`);
    },
    clear: () => void out.write(over),
  };
}
