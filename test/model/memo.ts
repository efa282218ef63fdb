/**
 * What was made of an object before. The same ones are met in many states, and what follows from them is the same; they
 * are told by identity, so they must never be changed in place.
 */
export class Memo<Of extends object, Key, Made> {
  /** The last only: states that share an object are mostly near each other. */
  readonly #last = new WeakMap<Of, { readonly key: Key; readonly made: Made }>();

  /** @param isSame whether what was made under the one key is what would be made under the other */
  of(object: Of, key: Key, isSame: (one: Key, other: Key) => boolean, make: () => Made): Made {
    const last = this.#last.get(object);
    if (last && isSame(last.key, key)) return last.made;
    const made = make();
    this.#last.set(object, { key, made });
    return made;
  }
}
