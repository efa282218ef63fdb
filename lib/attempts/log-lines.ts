import { configure } from 'safe-stable-stringify';
import type { LogLine } from '../model/attempt.ts';

/** What is kept of one attempt, as JSON in UTF-8: of the beginning, and of the end, which says most of a failure. */
const headBytesMax = 48_000;
const tailBytesMax = 16_000;
const lineBytesMax = 8_000;
/** So many are JSON of fewer bytes than a line may have, whatever they are. */
const cutMessageChars = 1_000;

const stringify = configure({ deterministic: false, maximumDepth: 10, maximumBreadth: 200 });

/** The lines of one attempt: at most 64 KB of them, with a mark where some were left out. */
export class LogLines {
  readonly #head: LogLine[] = [];
  readonly #tail: { readonly line: LogLine; readonly bytes: number }[] = [];
  #headBytes = 0;
  #tailBytes = 0;
  #leftOut = 0;
  /** Once one line did not fit, none after it stands before it. */
  #isHeadFull = false;

  add(given: LogLine): void {
    const { bytes, line } = fitting(given);
    this.#isHeadFull ||= this.#headBytes + bytes > headBytesMax;
    if (!this.#isHeadFull) {
      this.#head.push(line);
      this.#headBytes += bytes;
      return;
    }
    this.#tail.push({ line, bytes });
    this.#tailBytes += bytes;
    while (this.#tailBytes > tailBytesMax) {
      this.#tailBytes -= this.#tail.shift()?.bytes ?? 0;
      this.#leftOut += 1;
    }
  }

  get isEmpty(): boolean {
    return this.#head.length === 0;
  }

  /** The oldest first. */
  get kept(): readonly LogLine[] {
    const tail = this.#tail.map(({ line }) => line);
    const [next] = tail;
    if (this.#leftOut === 0 || !next) return [...this.#head, ...tail];
    const what = this.#leftOut === 1 ? '1 line is' : `${this.#leftOut} lines are`;
    const mark: LogLine = {
      at: next.at,
      level: 'warn',
      message: `… ${what} left out here …`,
      leftOut: this.#leftOut,
    };
    return [...this.#head, mark, ...tail];
  }
}

/** The line as JSON has it. Of one that is too long the beginning stays. */
function fitting(given: LogLine): { line: LogLine; bytes: number } {
  const { fields, message, ...rest } = given;
  const line = { ...rest, message, ...(fields && { fields: plain(fields) }) };
  const bytes = sizeOf(line);
  if (bytes <= lineBytesMax) return { line, bytes };
  const cut = { ...rest, message: cutText(message) };
  return { line: cut, bytes: sizeOf(cut) };
}

const sizeOf = (line: LogLine): number => Buffer.byteLength(JSON.stringify(line)) + 1;

const cutText = (text: string): string => `${text.slice(0, cutMessageChars).toWellFormed()}…`;

/** Errors by what a log shows of them; what throws when it is looked at as a word. */
function plain(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  try {
    return JSON.parse(stringify(fields, shown) ?? '{}');
  } catch {
    return { fields: 'cannot be shown' };
  }
}

function shown(_key: string, value: unknown): unknown {
  if (!(value instanceof Error)) return value;
  const { cause, message, name } = value;
  return {
    name,
    ...('code' in value && { code: value.code }),
    message,
    ...(cause !== undefined && { cause }),
  };
}
