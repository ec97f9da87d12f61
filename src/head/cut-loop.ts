// Cuts what is due, one block at a time: asks the engines, has the job thread write, tells the
// engine what became of it. Runs on the main thread; it only passes messages.
//
// Invariant: every snapshot that was opened is closed, with `stored` only when the block is in
// place.

import { asVarveError } from '../base/errors/varve-error.ts';
import type { Logger } from '../base/observe/logger.ts';
import type { Cancel, Timers } from '../base/runtime/timers.ts';
import type { LogPosition } from '../wal/log.ts';
import type { CutRange } from './plan.ts';
import type { CutSnapshot } from './snapshot.ts';

/**
 * How often the engines are asked what is due. A window is due for hours: seconds do not matter.
 */
const ASK_EVERY_MS = 15_000;

/** What the loop passes on without looking into it. */
export interface CutWork {
  readonly stream: string;
  readonly job: {
    readonly minTimeMs: number;
    readonly maxTimeMs: number;
    readonly position: LogPosition;
    readonly snapshot: CutSnapshot;
  };
}

/** An engine, as the loop sees it. */
export interface CutEngine<W extends CutWork> {
  dueCuts(
    flush: boolean,
  ): Promise<readonly { readonly stream: string; readonly range: CutRange }[]>;
  /** Undefined when there is nothing to cut after all. */
  openCut(order: { readonly stream: string; readonly range: CutRange }): Promise<W | undefined>;
  /** `ulid` is that of the block, if there was anything to write. */
  closeCut(work: W, stored: boolean, ulid: string | undefined): Promise<void>;
}

export interface CutLoopOptions<W extends CutWork> {
  readonly engines: readonly CutEngine<W>[];
  /** Writes the block; undefined when the snapshot held no samples. */
  readonly cut: (work: W) => Promise<{ readonly ulid: string } | undefined>;
  /** Called after a round that made blocks: they can be uploaded. */
  readonly onBlocks: () => void;
  readonly timers: Timers;
  readonly logger: Logger;
}

/** What a round did. */
export interface CutRound {
  readonly cut: number;
  readonly failed: number;
}

export class CutLoop<W extends CutWork> {
  readonly #options: CutLoopOptions<W>;
  #cancel: Cancel = () => undefined;
  #running: Promise<unknown> = Promise.resolve();
  #ended = false;

  constructor(options: CutLoopOptions<W>) {
    this.#options = options;
  }

  start(): void {
    this.#cancel = this.#options.timers.every(ASK_EVERY_MS, () => this.#tick());
  }

  /** Begins no further cut and resolves when the one under way is closed. */
  async drain(): Promise<void> {
    this.#ended = true;
    this.#cancel();
    await this.#running;
  }

  /** Cuts what is due, or with `flush` everything; after whatever round is under way. */
  round(flush: boolean): Promise<CutRound> {
    const result = this.#running.then(() => this.#round(flush));
    this.#running = result.catch(() => undefined); // told to the caller; the next only waits
    return result;
  }

  async #tick(): Promise<void> {
    try {
      await this.round(false);
    } catch (thrown) {
      const { code, message } = asVarveError(thrown);
      this.#options.logger.error('cutting round failed, tried again', { code, error: message });
    }
  }

  async #round(flush: boolean): Promise<CutRound> {
    const round = { cut: 0, failed: 0 };
    for (const engine of this.#options.engines) {
      for (const order of await engine.dueCuts(flush)) {
        if (this.#ended) return round;
        const outcome = await this.#cutOne(engine, order);
        if (outcome === 'cut') round.cut++;
        if (outcome === 'failed') round.failed++;
      }
    }
    // Who flushes sees to the upload himself, and counts it.
    if (round.cut > 0 && !flush) this.#options.onBlocks();
    return round;
  }

  async #cutOne(
    engine: CutEngine<W>,
    order: { readonly stream: string; readonly range: CutRange },
  ): Promise<'cut' | 'empty' | 'failed'> {
    const work = await engine.openCut(order);
    if (work === undefined) return 'empty';
    let outcome: 'cut' | 'empty' | 'failed' = 'failed';
    let block: { readonly ulid: string } | undefined;
    try {
      block = await this.#options.cut(work);
      outcome = block === undefined ? 'empty' : 'cut';
    } catch (thrown) {
      const { code, message } = asVarveError(thrown);
      const fields = { stream: order.stream, code, error: message };
      this.#options.logger.error('block not cut, its samples stay in head and WAL', fields);
    }
    await engine.closeCut(work, outcome !== 'failed', block?.ulid);
    return outcome;
  }
}
