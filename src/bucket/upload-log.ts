// What the shipper writes down of its uploads and asks later: which files of a block are in the
// bucket and verified, so that an upload that was cut off goes on where it was. The catalogue keeps
// it. Nothing here throws: what cannot be noted or read is unknown, and costs requests, never data.

/** How it was made sure that the bucket holds what the disk holds. */
export type VerifiedBy = 'store checksum' | 'read back' | 'listed size';

/** A file of a block, in the bucket. */
export interface LoggedFile {
  /** Relative to the block, with `/`. */
  readonly name: string;
  readonly sizeBytes: number;
  /** Undefined when only the listing was looked at. */
  readonly crc32c: number | undefined;
  /** Lower-case hex, where it is known. */
  readonly sha256: string | undefined;
  readonly verifiedBy: VerifiedBy;
  /** False when it was in the bucket already. */
  readonly sent: boolean;
}

/** A block whose upload begins. */
export interface LoggedBlock {
  readonly ulid: string;
  readonly tenant: string;
  readonly minTimeMs: number;
  readonly maxTimeMs: number;
  readonly sizeBytes: number;
}

/**
 * How an upload came to its end: the block was `sent`; `found` whole in the bucket; `listed` there
 * when the lost catalogue was made anew; noted as uploaded and `missing`, because a compactor has
 * merged it, say.
 */
export type UploadEnd = 'sent' | 'found' | 'listed' | 'missing';

/** What is known of a block's upload. */
export interface KnownUpload {
  /** Its upload was begun; undefined when it may have been and was not noted. */
  readonly begun: boolean | undefined;
  /** Files that were verified, by name. */
  readonly files: ReadonlyMap<string, Pick<LoggedFile, 'sizeBytes' | 'crc32c'>>;
}

/** Requests and object bytes that an upload has cost. */
export interface UploadCost {
  readonly requests: number;
  readonly sentBytes: number;
  readonly receivedBytes: number;
}

export interface UploadLog {
  /**
   * The log has the block; undefined when the log cannot be read. Asked of every local block in
   * every round, so it looks at nothing else.
   * @param bucket the bucket's name: what is in one is not in another
   */
  isNoted(bucket: string, ulid: string): boolean | undefined;
  known(bucket: string, ulid: string): KnownUpload;
  begin(bucket: string, block: LoggedBlock): void;
  fileVerified(bucket: string, ulid: string, file: LoggedFile): void;
  /** Adds to what the block has cost; also after an upload that failed. */
  addCost(bucket: string, ulid: string, cost: UploadCost): void;
  end(bucket: string, ulid: string, end: UploadEnd): void;
}

const NOTHING_KNOWN: KnownUpload = { begun: undefined, files: new Map() };

/** For whoever keeps no log: everything is asked of the bucket. */
export const NO_UPLOAD_LOG: UploadLog = {
  isNoted: () => undefined,
  known: () => NOTHING_KNOWN,
  begin: () => undefined,
  fileVerified: () => undefined,
  addCost: () => undefined,
  end: () => undefined,
};
