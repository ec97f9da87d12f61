// What was sent and what was acknowledged, sample by sample, and the comparison with what is stored.

import type { CutNote } from '../support/engine-machine.ts';
import type { SeededRandom } from '../support/seeded-random.ts';
import type { StoredBlock } from '../support/stored-samples.ts';

const WINDOW_MS = 2 * 3_600_000;

/** One sample on its way: where it must be found, and as what. */
export interface SentSample {
  /** `block labels|series labels|time`. */
  readonly key: string;
  readonly value: string;
}

/** Where an acknowledged sample is to be read. */
export interface AcknowledgedPlace {
  readonly tenant: string;
  readonly metric: string;
  readonly timeMs: number;
}

/** What a read asked for; every metric when none is named. Milliseconds, both inclusive. */
export interface ReadRange {
  readonly tenant: string;
  readonly metric: string | undefined;
  readonly minTimeMs: number;
  readonly maxTimeMs: number;
}

export class SampleLedger {
  /** By key, by value: how often it was sent. */
  readonly #sent = new Map<string, Map<string, number>>();
  /** By key, by value: the how-manieth acknowledgement that was. */
  readonly #acknowledged = new Map<string, Map<string, number>>();
  readonly #cuts = new Map<string, CutNote['kind']>();
  acknowledgedCount = 0;

  noteSent({ key, value }: SentSample): void {
    const values = this.#sent.get(key) ?? new Map<string, number>();
    values.set(value, (values.get(value) ?? 0) + 1);
    this.#sent.set(key, values);
  }

  noteAcknowledged({ key, value }: SentSample): void {
    const values = this.#acknowledged.get(key) ?? new Map<string, number>();
    if (!values.has(value)) values.set(value, ++this.acknowledgedCount);
    this.#acknowledged.set(key, values);
  }

  /**
   * A machine was lost with what it had acknowledged last: nobody may count on what came after that
   * acknowledgement any more.
   */
  forgetAfter(ordinal: number): void {
    for (const [key, values] of this.#acknowledged) {
      for (const [value, own] of values) if (own > ordinal) values.delete(value);
      if (values.size === 0) this.#acknowledged.delete(key);
    }
  }

  noteCut({ key, kind }: CutNote): void {
    this.#cuts.set(key, kind);
  }

  /** May a sample be sent there with other bits? Not while it is open what became of the first. */
  isInDoubt(key: string): boolean {
    return this.#sent.has(key) && !this.#acknowledged.has(key);
  }

  /**
   * Everything acknowledged is stored, nothing else is than was sent, each block as it should be.
   * @param blocks.remote blocks that are not on local disk any more
   * @param until `acknowledgedCount` before all was cut: later ones may still be in a head
   */
  check(
    { local, remote }: { local: readonly StoredBlock[]; remote: readonly StoredBlock[] },
    until: number,
  ): void {
    const blocks = [...local, ...remote];
    for (const block of blocks) this.#checkWindow(block);
    const found = new Map<string, Map<string, number>>();
    for (const block of blocks) {
      const inBlock = new Set<string>();
      for (const [key, value, timeMs] of block.samples) {
        if (timeMs < block.minTimeMs || timeMs >= block.maxTimeMs)
          throw new Error(`${block.dir} has ${key} outside of its range`);
        if (inBlock.has(key)) throw new Error(`${block.dir} has ${key} twice`);
        if (this.#sent.get(key)?.has(value) !== true)
          throw new Error(`${block.dir} has ${key} = ${value}, which was never sent`);
        inBlock.add(key);
        const values = found.get(key) ?? new Map<string, number>();
        values.set(value, (values.get(value) ?? 0) + 1);
        found.set(key, values);
      }
    }
    this.#checkAcknowledged(found, until);
    this.#checkDoubled(found);
    this.#checkOverlaps(local);
  }

  /** An acknowledged sample, for a look at it: its tenant, metric and time. */
  someAcknowledged(random: SeededRandom): AcknowledgedPlace | undefined {
    if (this.#acknowledged.size === 0) return undefined;
    const key = random.pick([...this.#acknowledged.keys()]);
    const tenant = /tenant_id=([^,|]*)/.exec(key)?.[1] ?? '';
    const metric = /__name__=([^,|]*)/.exec(key)?.[1] ?? '';
    return { tenant, metric, timeMs: timeOf(key) };
  }

  /**
   * What was read is what was sent, and all acknowledged samples of the range are in it.
   * @param until `acknowledgedCount` before the read began
   * @param elsewhere what is in the bucket, asked for when something is not on local disk
   */
  async checkRead(
    samples: ReadonlyMap<string, string>,
    range: ReadRange,
    until: number,
    elsewhere: () => Promise<readonly StoredBlock[]>,
  ): Promise<void> {
    for (const [key, value] of samples)
      if (this.#sent.get(key)?.has(value) !== true)
        throw new Error(`${key} = ${value} was read, which was never sent`);
    const missing: string[] = [];
    for (const [key, values] of this.#acknowledged) {
      if (!isWithin(key, range) || samples.has(key)) continue;
      if ([...values.values()].some((ordinal) => ordinal <= until)) missing.push(key);
    }
    if (missing.length === 0) return;
    const kept = new Set((await elsewhere()).flatMap((block) => block.samples.map(([key]) => key)));
    mustBeNone(
      missing.filter((key) => !kept.has(key)),
      'acknowledged and not readable',
    );
  }

  #checkAcknowledged(found: ReadonlyMap<string, ReadonlyMap<string, number>>, until: number): void {
    const lost: string[] = [];
    for (const [key, values] of this.#acknowledged)
      for (const [value, ordinal] of values)
        if (ordinal <= until && found.get(key)?.has(value) !== true) lost.push(`${key} = ${value}`);
    mustBeNone(lost, 'acknowledged and lost');
  }

  /** A sample that was sent once is in one block: no replay and no failed cut doubles it. */
  #checkDoubled(found: ReadonlyMap<string, ReadonlyMap<string, number>>): void {
    const doubled: string[] = [];
    for (const [key, values] of found)
      for (const [value, times] of values)
        if (times > (this.#sent.get(key)?.get(value) ?? 0)) doubled.push(`${key} = ${value}`);
    mustBeNone(doubled, 'in more blocks than it was sent');
  }

  /**
   * Of blocks on local disk: when one has left by its retention, a restart does not know it, and a
   * late sample of its window may begin the window anew.
   */
  #checkOverlaps(blocks: readonly StoredBlock[]): void {
    for (const stream of new Set(blocks.map(({ labels }) => labels))) {
      const main = blocks
        .filter((block) => block.labels === stream && this.#kindOf(block) !== 'late')
        .sort((a, b) => a.minTimeMs - b.minTimeMs);
      for (const [i, block] of main.entries()) {
        const before = main[i - 1];
        if (before !== undefined && before.maxTimeMs > block.minTimeMs)
          throw new Error(`${before.dir} ${before.key} and ${block.dir} ${block.key} overlap`);
      }
    }
  }

  /** A block lies in one window; a scheduled one ends with it, a flush behind its last sample. */
  #checkWindow(block: StoredBlock): void {
    const { dir, minTimeMs, maxTimeMs, samples } = block;
    const windowMs = Math.floor(minTimeMs / WINDOW_MS) * WINDOW_MS;
    const endMs = windowMs + WINDOW_MS;
    if (minTimeMs >= maxTimeMs || maxTimeMs > endMs) throw new Error(`${dir} is not in one window`);
    const kind = this.#kindOf(block);
    if (kind === 'scheduled' && maxTimeMs !== endMs)
      throw new Error(`${dir} was scheduled and does not end with its window`);
    if (kind === 'late' && minTimeMs !== windowMs)
      throw new Error(`${dir} is late and does not begin with its window`);
    const lastMs = samples.reduce((last, [, , timeMs]) => Math.max(last, timeMs), -Infinity);
    if (kind === 'flush' && maxTimeMs !== lastMs + 1)
      throw new Error(`${dir} was flushed and does not end behind its last sample`);
  }

  #kindOf(block: StoredBlock): CutNote['kind'] {
    const kind = this.#cuts.get(block.key);
    if (kind === undefined) throw new Error(`nobody cut ${block.dir} ${block.key}`);
    return kind;
  }
}

function isWithin(key: string, { tenant, metric, minTimeMs, maxTimeMs }: ReadRange): boolean {
  const timeMs = timeOf(key);
  return (
    timeMs >= minTimeMs &&
    timeMs <= maxTimeMs &&
    key.includes(`tenant_id=${tenant}|`) &&
    (metric === undefined || key.includes(`|__name__=${metric}|`))
  );
}

function timeOf(key: string): number {
  return Number(key.slice(key.lastIndexOf('|') + 1));
}

function mustBeNone(found: readonly string[], what: string): void {
  if (found.length === 0) return;
  const some = found.slice(0, 5).join('; ');
  throw new Error(`${found.length} samples are ${what}: ${some}`);
}
