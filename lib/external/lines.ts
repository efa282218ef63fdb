import { HoldfastError } from '../model/errors.ts';

const newline = 0x0a;

/**
 * Cuts what comes in into lines of UTF-8, and keeps no more than one line's length of it. Empty lines are left out.
 */
export class Lines {
  readonly #bytesMax: number;
  #parts: Buffer[] = [];
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** @throws HoldfastError `ExternalProtocol` for a line that is too long or no UTF-8 */
  *take(chunk: Buffer): Generator<string> {
    let rest = chunk;
    for (let end = rest.indexOf(newline); end >= 0; end = rest.indexOf(newline)) {
      this.#keep(rest.subarray(0, end));
      rest = rest.subarray(end + 1);
      const line = decodeLine(Buffer.concat(this.#parts));
      this.#parts = [];
      this.#bytes = 0;
      if (line.trim() !== '') yield line;
    }
    this.#keep(rest);
  }

  #keep(part: Buffer): void {
    this.#bytes += part.length;
    if (this.#bytes > this.#bytesMax) {
      throw new HoldfastError('ExternalProtocol', `a line is longer than ${this.#bytesMax} bytes`);
    }
    if (part.length > 0) this.#parts.push(part);
  }
}

function decodeLine(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new HoldfastError('ExternalProtocol', 'a line is no UTF-8', { cause });
  }
}
