// What the shipper needs to know of a block on local disk. Who wires the shipper makes these from
// the block stage's meta.json reader.

/** A file of a block with what its writer noted of it. */
export interface LocalBlockFile {
  /** Relative to the block, with `/`: `index`, `chunks/000001`. */
  readonly name: string;
  readonly sizeBytes: number;
  /** CRC32C that the block's writer noted, if it noted one (foreign blocks have none). */
  readonly crc32c: number | undefined;
  /** SHA-256 in lower-case hex, if it noted one. */
  readonly sha256?: string | undefined;
}

/** What a file of a block was found to be, when it was read to be sent. */
export interface FileDigest {
  readonly name: string;
  readonly sizeBytes: number;
  readonly crc32c: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

/** A place in a log: see wal/log.ts. */
export interface CutPosition {
  readonly segment: number;
  readonly offset: number;
}

export interface LocalBlock {
  readonly ulid: string;
  readonly dir: string;
  /** First millisecond, and the one after the last. */
  readonly minTimeMs: number;
  readonly maxTimeMs: number;
  /** Where the log beside it stood when it was cut; undefined when it was not cut from a log. */
  readonly cutAt?: CutPosition;
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
  /** Chunks in it, if that is known. */
  readonly numChunks?: number;
  /** It was merged of others: `compaction.level` is above 1. */
  readonly isCompacted?: boolean;
  /** meta.json as it is to stand in the bucket. Reading it may throw what the disk throws. */
  readonly metaBytes: Uint8Array;
  /** Of a foreign block: the same with the checksums of its files, which its maker did not note. */
  readonly metaWith?: (files: readonly FileDigest[]) => Uint8Array;
}
