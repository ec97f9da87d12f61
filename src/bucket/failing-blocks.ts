// Whose fault it is when the store does not take a block: its own, or that of a store that is away.
// The blocks behind it tell, and they are asked seldom, so that an outage costs few requests and
// blocks still arrive in the order of time after it.
//
// A round ends at the first block that the store does not answer for. When rounds have ended at the
// same block ROUNDS times in a row, the next such round goes on to a few others, the witnesses. If
// one of them is taken, the store is there: what failed before it in the round fails by itself, and
// is tried last from then on. If none is, the store is away, and it takes more rounds until others
// are asked again.

/** Rounds in a row that end at a block before others are asked. */
const ROUNDS = 3;
/** The same, after others have said that the store is away: twice as many each time, up to this. */
const ROUNDS_MAX = 12;
/** Blocks one after the other that fail in a round, beyond the one that is asked about. */
const WITNESSES = 3;

/** See the head of the file. Blocks are named by their ULIDs. */
export class FailingBlocks {
  /** The store takes others, and not these. */
  readonly #own = new Set<string>();
  /** Rounds in a row that each has failed in. */
  #inARow: ReadonlyMap<string, number> = new Map();
  #patience = ROUNDS;
  /** Witnesses that failed: others are asked the next time. */
  readonly #asked = new Set<string>();
  /** Failed in this round, and nothing was taken since. */
  readonly #failed = new Set<string>();
  /** In this round others are asked. */
  #asks = false;
  #hasTaken = false;

  /** Does the store take others, and not this one? Then it is tried last. */
  isOwn(ulid: string): boolean {
    return this.#own.has(ulid);
  }

  /** Of `candidates` that are free, the one that is tried next. */
  choose<T>(
    candidates: readonly T[],
    { isFree, ulidOf }: { isFree: (one: T) => boolean; ulidOf: (one: T) => string },
  ): T | undefined {
    const isAsking = this.#asks && this.#failed.size > 0;
    const isNew = (one: T): boolean => !this.#asked.has(ulidOf(one)) && isFree(one);
    return (isAsking ? candidates.find(isNew) : undefined) ?? candidates.find(isFree);
  }

  /** The store did not answer for it. True when the round ends by that. */
  failed(ulid: string): boolean {
    this.#failed.add(ulid);
    if (this.#isSuspect(ulid)) this.#asks = true;
    return !this.#asks || this.#failed.size > WITNESSES;
  }

  /** The store has it. Returns the blocks of which it is known by that that they fail alone. */
  taken(ulid: string): readonly string[] {
    this.#patience = ROUNDS;
    this.#hasTaken = true;
    for (const known of [this.#own, this.#asked, this.#failed]) known.delete(ulid);
    if (!this.#asks) return [];
    const own = [...this.#failed];
    for (const one of own) this.#own.add(one);
    this.#failed.clear();
    return own;
  }

  /** The round is over. False when the store was away at its end, as far as is known. */
  endRound(): boolean {
    const failed = [...this.#failed];
    const witnesses = failed.filter((ulid) => !this.#isSuspect(ulid));
    const isToldAway = this.#asks && !this.#hasTaken && witnesses.length > 0;
    const entries = failed.map((ulid) => [ulid, (this.#inARow.get(ulid) ?? 0) + 1] as const);
    this.#inARow = new Map(isToldAway ? [] : entries);
    if (isToldAway) {
      this.#patience = Math.min(2 * this.#patience, ROUNDS_MAX);
      for (const ulid of witnesses) this.#asked.add(ulid);
    }
    this.#failed.clear();
    [this.#asks, this.#hasTaken] = [false, false];
    return failed.length === 0;
  }

  /** Forgets blocks that are not waiting any more. */
  keep(waiting: ReadonlySet<string>): void {
    for (const known of [this.#own, this.#asked])
      for (const ulid of known) if (!waiting.has(ulid)) known.delete(ulid);
  }

  #isSuspect(ulid: string): boolean {
    return this.#own.has(ulid) || (this.#inARow.get(ulid) ?? 0) + 1 >= this.#patience;
  }
}
