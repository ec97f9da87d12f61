// The rule of coverage against a machine of a few obvious lines: it logs, cuts, loses blocks, makes
// checkpoints and starts again in any order, and knows of every block what really is in it. No
// sample may be taken for covered that is in no block which is there.

import { describe, expect, test } from 'vitest';
import {
  type Coverage,
  type CoveredRange,
  coverageOf,
  type EarlierCut,
} from '../../../src/wal/coverage.ts';
import type { LogPosition } from '../../../src/wal/log.ts';
import { SeededRandom } from '../../support/seeded-random.ts';

interface Logged {
  readonly id: number;
  readonly timeMs: number;
  at: LogPosition;
}

interface Block extends CoveredRange {
  readonly ulid: string;
  readonly ids: ReadonlySet<number>;
}

/** Times are in this range, of which a block takes a part. */
const TIMES = 12;
const STEPS = 120;

class Machine {
  #log: Logged[] = [];
  #head = new Set<number>();
  blocks: Block[] = [];
  #expected = new Set<number>();
  #segment = 0;
  #offset = 0;
  #checkpoint = -1;
  #coverage: Coverage;
  #made = 0;
  readonly #random: SeededRandom;

  constructor(random: SeededRandom) {
    this.#random = random;
    this.#coverage = this.#look();
  }

  write(): void {
    const id = this.#made++;
    const at = { segment: this.#segment, offset: this.#offset++ };
    this.#log.push({ id, at, timeMs: this.#random.between(0, TIMES) });
    this.#head.add(id);
    this.#expected.add(id);
  }

  cutSome(): void {
    const minTimeMs = this.#random.between(0, TIMES);
    this.cut(minTimeMs, this.#random.between(minTimeMs, TIMES) + 1);
  }

  cut(minTimeMs: number, maxTimeMs: number): void {
    const held = this.#log.filter(({ id, timeMs }) => {
      return this.#head.has(id) && timeMs >= minTimeMs && timeMs < maxTimeMs;
    });
    if (held.length === 0) return;
    const overlaps = (cut: EarlierCut): boolean =>
      cut.minTimeMs < maxTimeMs && cut.maxTimeMs > minTimeMs;
    const block: Block = {
      ulid: `block ${this.#made++}`,
      minTimeMs,
      maxTimeMs,
      position: { segment: this.#segment, offset: this.#offset },
      checkpoint: this.#coverage.checkpoint,
      earlier: this.#coverage.earlierCuts().filter(overlaps),
      ids: new Set(held.map(({ id }) => id)),
    };
    this.blocks.push(block);
    this.#coverage.add(block);
    for (const { id } of held) this.#head.delete(id);
  }

  /** A block is gone; what only it had is lost for good. */
  lose(): void {
    if (this.blocks.length === 0) return;
    const lost = this.#random.pick(this.blocks);
    this.blocks = this.blocks.filter((block) => block !== lost);
    const logged = new Set(this.#log.map(({ id }) => id));
    for (const id of lost.ids) {
      if (!logged.has(id) && !this.isInBlock(id)) this.#expected.delete(id);
    }
  }

  nextSegment(): void {
    if (this.#offset === 0) return;
    this.#segment++;
    this.#offset = 0;
  }

  truncate(): void {
    this.nextSegment();
    const through = this.#random.between(this.#checkpoint, this.#segment);
    if (through <= this.#checkpoint) return;
    this.#coverage.retain(new Set(this.blocks.map(({ ulid }) => ulid)));
    const kept = this.#log.filter(({ at, id, timeMs }) => {
      if (at.segment > through || !this.#coverage.covers(at, timeMs)) return true;
      if (!this.isInBlock(id)) throw new Error(`${id} leaves the log and is in no block`);
      return false;
    });
    for (const one of kept) {
      if (one.at.segment <= through)
        one.at = { segment: through, offset: Number.POSITIVE_INFINITY };
    }
    this.#log = kept;
    this.#checkpoint = through;
    this.#coverage.truncated(through);
  }

  restart(): void {
    this.nextSegment();
    this.#coverage = this.#look();
    this.#head = new Set(
      this.#log.filter(({ at, timeMs }) => !this.#coverage.covers(at, timeMs)).map(({ id }) => id),
    );
    for (const id of this.#expected) {
      if (!this.#head.has(id) && !this.isInBlock(id)) throw new Error(`${id} is nowhere`);
    }
  }

  isInBlock(id: number): boolean {
    return this.blocks.some(({ ids }) => ids.has(id));
  }

  /** Samples that are in a block, and would be cut again. */
  get doubled(): number {
    return [...this.#head].filter((id) => this.isInBlock(id)).length;
  }

  get held(): number {
    return this.#head.size;
  }

  #look(): Coverage {
    const segments = Array.from(
      { length: this.#segment - this.#checkpoint },
      (_, i) => this.#checkpoint + 1 + i,
    );
    const checkpoints = this.#checkpoint < 0 ? [] : [this.#checkpoint];
    return coverageOf(this.blocks, { segments, checkpoints });
  }
}

function run(seed: number, { lossy }: { readonly lossy: boolean }): Machine {
  const random = new SeededRandom(seed);
  const machine = new Machine(random);
  for (let step = 0; step < STEPS; step++) {
    const chance = random.fraction();
    if (chance < 0.5) machine.write();
    else if (chance < 0.7) machine.cutSome();
    else if (chance < 0.78) machine.nextSegment();
    else if (chance < 0.86) machine.truncate();
    else if (chance < 0.93) machine.restart();
    else if (lossy) machine.lose();
    if (!lossy && machine.doubled > 0) throw new Error('a sample is to be cut again');
  }
  machine.restart();
  return machine;
}

const SEEDS = Array.from({ length: 300 }, (_, seed) => seed);

describe('a machine that cuts, makes checkpoints and starts again', () => {
  test.each(SEEDS)('finds every sample whatever blocks it loses, seed %i', (seed) => {
    const machine = run(seed, { lossy: true });
    // What a lost block had is cut once more, and not again at each start.
    machine.cut(0, TIMES);
    machine.restart();
    expect(machine.held).toBe(0);
  });

  test.each(SEEDS)('cuts no sample twice as long as no block is lost, seed %i', (seed) => {
    expect(run(seed, { lossy: false }).doubled).toBe(0);
  });
});
