// What the shipper needs to know of a block on local disk. Who wires the shipper makes these from
// the block stage's meta.json reader.

/** A file of a block with what its writer noted of it. */
export interface LocalBlockFile {
  /** Relative to the block, with `/`: `index`, `chunks/000001`. */
  readonly name: string;
  readonly sizeBytes: number;
  /** CRC32C that the block's writer noted, if it noted one (foreign blocks have none). */
  readonly crc32c: number | undefined;
}

export interface LocalBlock {
  readonly ulid: string;
  readonly dir: string;
  /** First millisecond, and the one after the last. */
  readonly minTimeMs: number;
  readonly maxTimeMs: number;
  /**
   * Chunk files, index and tombstones, in the order in which they are uploaded; meta.json is not
   * among them.
   */
  readonly files: readonly LocalBlockFile[];
  /**
   * True while the log beside the block may hold samples that only the block's meta.json says are
   * in a block: without it a restart would take them for new ones and cut them again.
   */
  readonly coversLog: boolean;
  /**
   * Another made it, and its meta.json has no `thanos` section: who uploaded it before may have
   * given it another one.
   */
  readonly isForeign: boolean;
  /** meta.json as it is to stand in the bucket. */
  readonly metaBytes: Uint8Array;
}
