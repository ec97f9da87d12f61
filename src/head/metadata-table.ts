// Type, unit and help by metric name: a bounded table per stream. What it names, it holds.
//
// It outlives the series that it was logged with. So that it survives a restart, too, checkpoints
// keep the record under that series' reference, which the table knows.

import type { SymbolTable } from '../base/bytes/symbol-table.ts';
import type { PendingBatch } from './pending.ts';

/** What is known of a metric name. */
export interface Metadata {
  /** The metric type's number in remote write 2.0. */
  readonly type: number;
  /** Symbol ids. */
  readonly unit: number;
  readonly help: number;
}

export interface MetadataTableOptions {
  readonly symbols: SymbolTable;
  /** Metric names that are kept. */
  readonly limit: number;
  /** The metric name (a symbol id) of a series. */
  readonly nameOf: (slot: number) => number;
  readonly walRef: (slot: number) => number;
}

export class MetadataTable {
  readonly #symbols: SymbolTable;
  readonly #limit: number;
  readonly #nameOf: (slot: number) => number;
  readonly #walRef: (slot: number) => number;
  readonly #published = new Map<number, Metadata>();
  /** By metric name: the reference of the series that it was logged with last. */
  readonly #refs = new Map<number, number>();
  /** The same references. */
  readonly #keptRefs = new Set<number>();
  /** What was admitted since, by metric name; only while something is pending. */
  readonly #pending = new Map<number, Metadata>();

  constructor({ symbols, limit, nameOf, walRef }: MetadataTableOptions) {
    this.#symbols = symbols;
    this.#limit = limit;
    this.#nameOf = nameOf;
    this.#walRef = walRef;
  }

  /** Does what the log says under this reference make an entry? For checkpoints. */
  isKeptRef(walRef: number): boolean {
    return this.#keptRefs.has(walRef);
  }

  /** A replayed log says what is known about the series' metric under this reference. */
  noteRef(slot: number, walRef: number): void {
    const name = this.#nameOf(slot);
    if (this.#published.has(name)) this.#setRef(name, walRef);
  }

  get count(): number {
    return this.#published.size;
  }

  /** True when this says something new, which then is pending in `batch`. */
  admit(batch: PendingBatch, slot: number, metadata: Metadata): boolean {
    const name = this.#nameOf(slot);
    const known = this.#pending.get(name) ?? this.#published.get(name);
    if (known === undefined && this.#published.size + this.#pending.size >= this.#limit)
      return false;
    if (known !== undefined && isSame(known, metadata)) return false;
    this.#pending.set(name, metadata);
    for (const id of [metadata.unit, metadata.help]) this.#symbols.hold(id);
    batch.metadataSlots.push(slot);
    batch.metadataTypes.push(metadata.type);
    batch.metadataUnits.push(metadata.unit);
    batch.metadataHelps.push(metadata.help);
    return true;
  }

  /** Keeps what a batch says. */
  publish(batch: PendingBatch): void {
    for (let i = 0; i < batch.metadataSlots.length; i++) {
      const name = this.#nameOf(batch.metadataSlots.at(i));
      const before = this.#published.get(name);
      const metadata = {
        type: batch.metadataTypes.at(i),
        unit: batch.metadataUnits.at(i),
        help: batch.metadataHelps.at(i),
      };
      if (before === undefined) this.#symbols.hold(name);
      else for (const id of [before.unit, before.help]) this.#symbols.release(id);
      this.#published.set(name, metadata);
      this.#setRef(name, this.#walRef(batch.metadataSlots.at(i)));
      const pending = this.#pending.get(name);
      if (pending !== undefined && isSame(pending, metadata)) this.#pending.delete(name);
    }
  }

  /** Forgets what a batch says; call it for all pending batches together. */
  takeBack(batch: PendingBatch): void {
    this.#pending.clear();
    for (let i = 0; i < batch.metadataSlots.length; i++) {
      this.#symbols.release(batch.metadataUnits.at(i));
      this.#symbols.release(batch.metadataHelps.at(i));
    }
  }

  #setRef(name: number, walRef: number): void {
    this.#keptRefs.delete(this.#refs.get(name) ?? -1);
    this.#refs.set(name, walRef);
    this.#keptRefs.add(walRef);
  }

  /** Forgets all that is published; nothing must be pending. */
  clear(): void {
    for (const [name, { help, unit }] of this.#published)
      for (const id of [name, unit, help]) this.#symbols.release(id);
    this.#published.clear();
    this.#refs.clear();
    this.#keptRefs.clear();
  }

  /** All that is published: metric name's symbol and what is known about it. */
  all(): ReadonlyMap<number, Metadata> {
    return this.#published;
  }
}

function isSame(a: Metadata, b: Metadata): boolean {
  return a.type === b.type && a.unit === b.unit && a.help === b.help;
}
