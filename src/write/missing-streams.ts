// The streams that a request needs and that are not open yet. Cold: a stream is opened once.

import type { U32Column } from '../base/bytes/columns.ts';
import type { SymbolTable } from '../base/bytes/symbol-table.ts';
import type { Streams, TenantStreams } from './streams.ts';

export interface MissingStreamsOptions {
  readonly tenant: TenantStreams;
  /** Keys of streams whose opening has failed for this request. */
  readonly failed: ReadonlyMap<string, unknown>;
}

export class MissingStreams {
  /** Lifted values of each stream to open, by their key. */
  readonly values = new Map<string, readonly string[]>();
  readonly #symbols: SymbolTable;
  readonly #streams: Streams;
  readonly #options: MissingStreamsOptions;

  constructor(symbols: SymbolTable, streams: Streams, options: MissingStreamsOptions) {
    this.#symbols = symbols;
    this.#streams = streams;
    this.#options = options;
  }

  /** Notes the stream of these values; false when it would be one too many. */
  add(valueIds: U32Column): boolean {
    const values: string[] = [];
    for (let i = 0; i < valueIds.length; i++) values.push(this.#symbols.textOf(valueIds.at(i)));
    const key = streamKey(values);
    if (this.#options.failed.has(key) || this.values.has(key)) return true;
    if (this.#streams.isFull(this.#options.tenant, this.values.size)) return false;
    this.values.set(key, values);
    return true;
  }
}

/** Lifted values as one string that no other values make. */
export function streamKey(values: readonly string[]): string {
  return JSON.stringify(values);
}
