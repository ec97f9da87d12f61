// The door to chance: ULIDs, hash seeds, jitter. A simulation hands in a seeded one.

export interface Random {
  /** A whole number of 32 random bits. */
  u32(): number;
  /** At least 0, below 1. */
  fraction(): number;
  /** `count` random bytes. */
  bytes(count: number): Uint8Array;
}
