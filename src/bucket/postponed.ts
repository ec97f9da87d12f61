// Blocks whose upload was refused for a reason of their own (another block under their name, say):
// each is tried again after twice as long a time, so that it costs few requests while it stays.

const FIRST_MS = 30_000;
const LONGEST_MS = 3_600_000;

interface Wait {
  readonly waitMs: number;
  readonly untilMs: number;
}

/** By ULID. Times are of a monotonic clock. */
export class Postponed {
  readonly #waits = new Map<string, Wait>();

  /** May it be tried now? */
  isDue(ulid: string, nowMs: number): boolean {
    return (this.#waits.get(ulid)?.untilMs ?? Number.NEGATIVE_INFINITY) <= nowMs;
  }

  /** It failed again. */
  postpone(ulid: string, nowMs: number): void {
    const before = this.#waits.get(ulid)?.waitMs;
    const waitMs = before === undefined ? FIRST_MS : Math.min(2 * before, LONGEST_MS);
    this.#waits.set(ulid, { waitMs, untilMs: nowMs + waitMs });
  }

  /** It succeeded, or is not there any more. */
  forget(ulid: string): void {
    this.#waits.delete(ulid);
  }

  /** All may be tried at once: somebody says that he has mended what was wrong. */
  forgetAll(): void {
    this.#waits.clear();
  }
}
