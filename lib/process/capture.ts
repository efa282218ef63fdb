import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import type { Ms } from '../model/time.ts';

const tailBytesMax = 2_048;
const lookMs: Ms = 25;
/** So many looks in a row without anything new, or so many in all, and nobody waits for an output any longer. */
const quietLooksMax = 8;
const looksMax = 80;

/** What a program wrote to one of its outputs. */
export interface Captured {
  /** Its beginning. */
  readonly text: string;
  readonly truncated: boolean;
  /** Its end, as far as a message needs it. */
  readonly tail: string;
}

/** Reads an output to its end and keeps as much of it as may be kept, so that the program never waits for a reader. */
export class Capture {
  readonly #output: Readable;
  readonly #bytesMax: number;
  readonly #closed: Promise<unknown>;
  readonly #kept: Buffer[] = [];
  #keptBytes = 0;
  #bytes = 0;
  #tail: Buffer = Buffer.alloc(0);

  /** @param bytesMax how much of it is kept, as JSON in UTF-8: what it takes where it is stored */
  constructor(output: Readable, bytesMax: number) {
    this.#output = output;
    this.#bytesMax = bytesMax;
    output.on('data', (chunk: Buffer) => this.#take(chunk));
    this.#closed = once(output, 'close').catch(() => {}); // one that breaks off has ended, too
  }

  get captured(): Captured {
    // A character that the cut went through is left out; one that the program itself did not finish is shown as such.
    const isCut = this.#bytes > this.#keptBytes;
    const whole = new TextDecoder('utf-8', { ignoreBOM: true }).decode(Buffer.concat(this.#kept), {
      stream: isCut,
    });
    const text = fitting(whole, this.#bytesMax);
    return { text, truncated: isCut || text.length < whole.length, tail: this.#tail.toString('utf8') };
  }

  /**
   * Resolves at the output's end, and soon when it does not come: a process that could not be found and ended may hold
   * the output open. Then the rest is given up.
   */
  async end(): Promise<void> {
    let seen = this.#bytes;
    for (
      let looks = 0, quiet = 0;
      !this.#output.closed && quiet < quietLooksMax && looks < looksMax;
      looks += 1
    ) {
      await Promise.race([this.#closed, pause(lookMs)]);
      quiet = this.#bytes === seen ? quiet + 1 : 0;
      seen = this.#bytes;
    }
    this.#output.destroy();
  }

  #take(chunk: Buffer): void {
    this.#bytes += chunk.length;
    const kept = chunk.subarray(0, this.#bytesMax - this.#keptBytes);
    if (kept.length > 0) this.#kept.push(kept);
    this.#keptBytes += kept.length;
    this.#tail = Buffer.concat([this.#tail, chunk.subarray(-tailBytesMax)]).subarray(-tailBytesMax);
  }
}

/** The longest beginning of a text that takes at most so many bytes as JSON. */
function fitting(text: string, bytesMax: number): string {
  if (jsonBytes(text) <= bytesMax) return text;
  let fits = 0;
  let tooLong = text.length;
  while (tooLong - fits > 1) {
    const middle = Math.floor((fits + tooLong) / 2);
    if (jsonBytes(text.slice(0, middle)) <= bytesMax) fits = middle;
    else tooLong = middle;
  }
  // Not between the halves of a surrogate pair.
  return text.slice(0, text.slice(0, fits).isWellFormed() ? fits : fits - 1);
}

function jsonBytes(text: string): number {
  return Buffer.byteLength(JSON.stringify(text)) - 2;
}
