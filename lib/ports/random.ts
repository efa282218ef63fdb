/** Randomness as something that is passed in. Not for secrets: only uniqueness and spread are promised. */
export interface Random {
  /** A number in [0, 1). */
  fraction(): number;
  /** An identifier that never repeats: 26 characters, digits and capital letters, sorted by time of making. */
  id(): string;
}
