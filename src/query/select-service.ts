// Selects in the job thread: opened, read batch by batch, closed. Between two batches other jobs
// run; who asked for the series decides when the next ones come.
//
// Invariant: a select that is over (read to its end, failed, closed, or left alone for too long)
// holds nothing open.

import { asVarveError, VarveError } from '../base/errors/varve-error.ts';
import { moving } from '../base/runtime/thread-messages.ts';
import type { Cancel, Timers } from '../base/runtime/timers.ts';
import { type MergedSeries, select } from './select.ts';
import { type SeriesBatch, SeriesBatchWriter } from './series-batch.ts';
import type { StreamSource } from './source.ts';

/** Selects open at once in a job thread. */
export const SELECTS_OPEN_MAX = 64;
/** How long one may wait for its next batch to be asked for. */
export const SELECT_IDLE_MAX_MS = 300_000;
/** A batch ends with the series that brings it to so many bytes … */
export const BATCH_BYTES = 1024 * 1024;
/** … or when so many series were looked at. */
export const BATCH_SERIES_MAX = 5_000;
/** Warnings of one select that are told one by one. */
const WARNINGS_MAX = 100;

/** What a select reads. */
export interface OpenedSources {
  readonly sources: readonly StreamSource[];
  close(): void;
}

/** Collects what is missing from an answer, bounded. */
export class Warnings {
  #told: string[] = [];
  #count = 0;

  add(warning: string): void {
    this.#count++;
    if (this.#count <= WARNINGS_MAX) this.#told.push(warning);
    else if (this.#count === WARNINGS_MAX + 1) this.#told.push('and more');
  }

  /** Those that came since the last call. */
  take(): readonly string[] {
    const told = this.#told;
    this.#told = [];
    return told;
  }
}

interface OpenSelect {
  readonly opened: OpenedSources;
  readonly series: Generator<MergedSeries>;
  readonly warnings: Warnings;
  cancel: Cancel;
}

export class SelectService {
  readonly #timers: Pick<Timers, 'after'>;
  readonly #open = new Map<number, OpenSelect>();
  #nextId = 1;

  constructor(timers: Pick<Timers, 'after'>) {
    this.#timers = timers;
  }

  get count(): number {
    return this.#open.size;
  }

  /** Opens a select over what `openSources` opens, which tells what is missing. */
  open(openSources: (warnings: Warnings) => OpenedSources): number {
    if (this.#open.size >= SELECTS_OPEN_MAX) {
      const what = `${SELECTS_OPEN_MAX} selects are open, which is the limit`;
      throw new VarveError('overloaded', `${what}; try again later.`);
    }
    const warnings = new Warnings();
    const opened = openSources(warnings);
    const onDamaged = (error: VarveError): void => warnings.add(error.message);
    const series = select(opened.sources, { onDamaged });
    const id = this.#nextId++;
    this.#open.set(id, { opened, series, warnings, cancel: this.#closeLater(id) });
    return id;
  }

  /** The next series; the batch that says so is the last one, and the select is closed then. */
  next(id: number): SeriesBatch {
    const one = this.#open.get(id);
    if (one === undefined) throw new VarveError('not_found', `there is no open select ${id}`);
    try {
      const batch = readBatch(one);
      if (batch.isLast) this.close(id);
      else {
        one.cancel();
        one.cancel = this.#closeLater(id);
      }
      return moving(batch, [batch.bytes.buffer]);
    } catch (thrown) {
      this.close(id);
      throw asVarveError(thrown);
    }
  }

  /** Ends a select; one that is over already is left alone. */
  close(id: number): void {
    const one = this.#open.get(id);
    if (one === undefined) return;
    this.#open.delete(id);
    one.cancel();
    one.opened.close();
  }

  closeAll(): void {
    for (const id of [...this.#open.keys()]) this.close(id);
  }

  #closeLater(id: number): Cancel {
    return this.#timers.after(SELECT_IDLE_MAX_MS, () => this.close(id));
  }
}

function readBatch({ series, warnings }: OpenSelect): SeriesBatch {
  const writer = new SeriesBatchWriter();
  for (let looked = 0; looked < BATCH_SERIES_MAX && writer.sizeBytes < BATCH_BYTES; looked++) {
    const next = series.next();
    if (next.done === true) return writer.batch({ isLast: true, warnings: warnings.take() });
    if (next.value.chunks.length > 0) writer.add(next.value);
  }
  return writer.batch({ isLast: false, warnings: warnings.take() });
}
