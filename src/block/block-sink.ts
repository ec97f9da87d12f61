// What whoever makes blocks (the head's cut, later compaction and downsampling) writes into.
// The order of calls is fixed: all symbols, then all series, then `finish`; or `abandon` at any
// time.

/** One chunk as it is to be stored; `bytes` are its data, without length, encoding and checksum. */
export interface ChunkToWrite {
  /** First and last sample's time, milliseconds, both inclusive. */
  readonly minTimeMs: number;
  readonly maxTimeMs: number;
  /** 1 XOR, 2 histogram, 3 float histogram, 255 aggregate (docs/formats/chunks.md). */
  readonly encoding: number;
  readonly sampleCount: number;
  readonly bytes: Uint8Array;
}

export interface BlockSink {
  /** The next symbol in byte order, each once; the first one gets number 0. */
  addSymbol(bytes: Uint8Array): void;
  /**
   * The next series in label order (names and values compared as bytes), with its chunks by time,
   * not overlapping. `labels` holds symbol numbers: name, value, name, value …, by name.
   */
  addSeries(labels: Uint32Array, chunks: readonly ChunkToWrite[]): void;
}
