// Also where the global object has none.
import { Buffer } from 'node:buffer';
import { HoldfastError } from '../model/errors.ts';
import { checkName } from '../model/ids.ts';
import { serialize } from '../model/serialize.ts';

const bytesMax = 32_768;
const countMax = 100;

/** What a handler tells by `ctx.setVariable`. */
export class Variables {
  readonly #texts = new Map<string, string>();

  /**
   * Sets it, or removes it by `undefined`.
   *
   * @throws HoldfastError `InvalidName`, `NotSerializable`, `PayloadTooLarge`
   */
  set(name: string, value: unknown): void {
    checkName(name, 'name');
    if (value === undefined) {
      this.#texts.delete(name);
      return;
    }
    serialize(value, name);
    const text = JSON.stringify(value);
    const others = [...this.#texts].filter(([other]) => other !== name);
    if (others.length >= countMax) throw tooLarge(`an attempt has at most ${countMax} variables`, name);
    const bytes = [...others, [name, text] as const].reduce((sum, each) => sum + bytesOf(each), 0);
    if (bytes > bytesMax)
      throw tooLarge(`the variables of an attempt take at most ${bytesMax} bytes of JSON`, name);
    this.#texts.set(name, text);
  }

  get isEmpty(): boolean {
    return this.#texts.size === 0;
  }

  get kept(): Readonly<Record<string, unknown>> {
    return Object.fromEntries([...this.#texts].map(([name, text]) => [name, JSON.parse(text)]));
  }
}

const bytesOf = ([name, text]: readonly [string, string]): number =>
  Buffer.byteLength(name) + Buffer.byteLength(text);

const tooLarge = (what: string, name: string): HoldfastError =>
  new HoldfastError('PayloadTooLarge', `The variable ${name} cannot be set: ${what}`, { field: name });
