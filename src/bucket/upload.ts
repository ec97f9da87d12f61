// One block into the bucket: chunks, index, and meta.json last, each compared with what was sent.
//
// Invariant: meta.json is written only after every other file of the block is in the bucket and was
// found to be what the disk holds; so a block that has one is whole (thanos docs/storage.md).
// Uploading the same block again is harmless: what is there already, whole, is not sent twice.
// Cost: one list of the block's folder, then two requests a file, its put and its verification.

import { crc32c } from '../base/bytes/crc32c.ts';
import { VarveError } from '../base/errors/varve-error.ts';
import { ulidTimeMs } from '../base/model/ulid.ts';
import type { Logger } from '../base/observe/logger.ts';
import type { Disk } from '../base/runtime/disk.ts';
import type { Bucket, CallOptions, PutSource } from './bucket.ts';
import { checkFoundBlock } from './found-block.ts';
import { blockKey, blockPrefix, DELETION_MARK_FILE, META_FILE } from './layout.ts';
import type { FileDigest, LocalBlock, LocalBlockFile } from './local-block.ts';
import { readLocalFile } from './local-digest.ts';
import { bytesSource } from './put-sources.ts';
import { bringMeta } from './take-meta-away.ts';
import { type KnownUpload, NO_UPLOAD_LOG, type UploadLog, type VerifiedBy } from './upload-log.ts';
import { verifyFound, verifyPut } from './verify-object.ts';

/**
 * From this age on a block without meta.json may be taken for an upload that was given up, and
 * swept under our hands: a Thanos compactor goes by the time in the ULID and begins at two days.
 */
const MAY_BE_SWEPT_MS = 24 * 3_600_000;

/** What one upload sent. */
export interface UploadReport {
  /** False when the bucket had the whole block already. */
  readonly sent: boolean;
  readonly filesSent: number;
  readonly bytesSent: number;
}

export interface UploadOptions extends CallOptions {
  /** Where it is noted what is in the bucket. By default nowhere, and the bucket is asked. */
  readonly log?: UploadLog;
  readonly tenant?: string;
  readonly logger?: Logger;
  /** Called after each piece of a file: lets other work run. */
  readonly pause?: () => Promise<void>;
  /**
   * When this process began: a block that is older may have been begun by an earlier one, whatever
   * the log says. By default nothing is known of any block.
   */
  readonly processStartedMs?: number;
  /** The time of day, milliseconds; by default every block is taken for old. */
  readonly nowMs?: number;
}

/**
 * Brings `block` into `bucket`. Errors: `damaged_block` when a local file is not what its writer
 * noted; `conflict` kinds when the bucket holds another block under this ULID, or is just deleting
 * this one; `damaged_object` when the bucket does not give back what it took; the bucket's own.
 */
export async function uploadBlock(
  bucket: Bucket,
  disk: Disk,
  block: LocalBlock,
  options: UploadOptions = {},
): Promise<UploadReport> {
  const upload = new BlockUpload(bucket, { disk, block, options });
  return upload.run();
}

interface Place {
  readonly disk: Disk;
  readonly block: LocalBlock;
  readonly options: UploadOptions;
}

class BlockUpload {
  readonly #bucket: Bucket;
  readonly #disk: Disk;
  readonly #block: LocalBlock;
  readonly #options: UploadOptions;
  readonly #call: CallOptions;
  readonly #log: UploadLog;
  readonly #known: KnownUpload;
  #filesSent = 0;
  #bytesSent = 0;

  constructor(bucket: Bucket, { disk, block, options }: Place) {
    this.#bucket = bucket;
    this.#disk = disk;
    this.#block = block;
    this.#options = options;
    this.#call = options.signal === undefined ? {} : { signal: options.signal };
    this.#log = options.log ?? NO_UPLOAD_LOG;
    this.#known = this.#log.known(bucket.name, block.ulid);
  }

  async run(): Promise<UploadReport> {
    const { ulid, minTimeMs, maxTimeMs, files } = this.#block;
    const listed = await this.#list();
    const sizeBytes = files.reduce((sum, file) => sum + file.sizeBytes, 0);
    const tenant = this.#options.tenant ?? '';
    this.#log.begin(this.#bucket.name, { ulid, tenant, minTimeMs, maxTimeMs, sizeBytes });
    const sent = !listed.has(META_FILE);
    if (sent) await this.#send(listed);
    else await this.#checkFound(listed);
    this.#log.end(this.#bucket.name, ulid, sent ? 'sent' : 'found');
    return { sent, filesSent: this.#filesSent, bytesSent: this.#bytesSent };
  }

  /** What is in the block's folder: sizes by the files' names. */
  async #list(): Promise<ReadonlyMap<string, number>> {
    const prefix = blockPrefix(this.#block.ulid);
    const listed = new Map<string, number>();
    for await (const page of this.#bucket.list(prefix, this.#call)) {
      for (const { key, sizeBytes } of page) listed.set(key.slice(prefix.length), sizeBytes);
    }
    return listed;
  }

  async #send(listed: ReadonlyMap<string, number>): Promise<void> {
    const { ulid, files } = this.#block;
    if (listed.has(DELETION_MARK_FILE)) {
      const what = `${blockPrefix(ulid)} in ${this.#bucket.name} is being deleted`;
      throw new VarveError('already_exists', `${what}; it is sent when that is over`);
    }
    // Nobody but this process uploads this block; what it left when it was killed would stay for
    // ever.
    if (!this.#isSurelyFresh(listed))
      await this.#bucket.removeUnfinished(blockPrefix(ulid), this.#call);
    const digests: FileDigest[] = [];
    for (const file of files) digests.push(await this.#bring(file, listed));
    await this.#putMeta(digests);
    if (this.#mayBeSwept(listed)) await this.#checkNothingSwept();
  }

  async #checkFound(listed: ReadonlyMap<string, number>): Promise<void> {
    await checkFoundBlock({
      bucket: this.#bucket,
      block: this.#block,
      call: this.#call,
      read: (file) => this.#read(file),
      verify: (digest) => this.#verifyListed(digest, listed),
      send: (source, digest) => this.#sendFile(source, digest),
    });
  }

  /** Sends the file, unless it is in the bucket. */
  async #bring(file: LocalBlockFile, listed: ReadonlyMap<string, number>): Promise<FileDigest> {
    const { source, digest } = await this.#read(file);
    if (!(await this.#verifyListed(digest, listed))) await this.#sendFile(source, digest);
    return digest;
  }

  /** True when an earlier upload brought this very file to the bucket. */
  async #verifyListed(digest: FileDigest, listed: ReadonlyMap<string, number>): Promise<boolean> {
    const { name, sizeBytes, crc32c: crc } = digest;
    if (listed.get(name) !== sizeBytes) return false;
    const noted = this.#known.files.get(name);
    if (noted?.sizeBytes === sizeBytes && noted.crc32c === crc) return true;
    const verifiedBy = await verifyFound(this.#bucket, this.#wanted(digest), this.#call);
    if (verifiedBy === undefined) return false;
    this.#note(digest, verifiedBy, false);
    return true;
  }

  async #sendFile(source: PutSource, digest: FileDigest): Promise<void> {
    const wanted = this.#wanted(digest);
    const call = { ...this.#call, crc32c: digest.crc32c };
    // What was noted of it was of an object that is no more: this one may come over damaged.
    if (this.#known.files.has(digest.name)) this.#noteUnknown(digest);
    const answer = await this.#bucket.put(wanted.key, source, call);
    const keepsChecksum = answer.crc32c !== undefined;
    const verifiedBy = await verifyPut(this.#bucket, wanted, { ...this.#call, keepsChecksum });
    this.#note(digest, verifiedBy, true);
    this.#filesSent++;
    this.#bytesSent += source.sizeBytes;
  }

  async #putMeta(digests: readonly FileDigest[]): Promise<void> {
    const bytes = this.#block.metaWith?.(digests) ?? this.#block.metaBytes;
    const digest = { sizeBytes: bytes.length, crc32c: crc32c(bytes), sha256: '' };
    const { ulid } = this.#block;
    const send = () => this.#sendFile(bytesSource(bytes), { name: META_FILE, ...digest });
    const onDamaged = ({ message }: VarveError): void => {
      const what = 'meta.json came over damaged, it is written again';
      this.#options.logger?.warn(what, { block: ulid, error: message });
    };
    await bringMeta(this.#bucket, ulid, { send, call: this.#call, onDamaged });
  }

  /** Somebody who took the block for an upload that was given up may have deleted files of it. */
  async #checkNothingSwept(): Promise<void> {
    const listed = await this.#list();
    const gone = this.#block.files.find(({ name, sizeBytes }) => listed.get(name) !== sizeBytes);
    if (gone === undefined && listed.has(META_FILE)) return;
    const key = blockKey(this.#block.ulid, gone?.name ?? META_FILE);
    const what = 'was deleted by somebody while the block was uploaded; it is sent again';
    throw new VarveError('damaged_object', `${key} in ${this.#bucket.name} ${what}`);
  }

  /** Neither this process nor one before it has begun this upload. */
  #isSurelyFresh(listed: ReadonlyMap<string, number>): boolean {
    const { processStartedMs = Number.POSITIVE_INFINITY } = this.#options;
    const madeMs = ulidTimeMs(this.#block.ulid) ?? Number.NEGATIVE_INFINITY;
    return this.#known.begun === false && listed.size === 0 && madeMs > processStartedMs;
  }

  #mayBeSwept(listed: ReadonlyMap<string, number>): boolean {
    const { nowMs = Number.POSITIVE_INFINITY } = this.#options;
    const madeMs = ulidTimeMs(this.#block.ulid) ?? Number.NEGATIVE_INFINITY;
    return listed.size > 0 || nowMs - madeMs > MAY_BE_SWEPT_MS;
  }

  #read(file: LocalBlockFile) {
    const pause = this.#options.pause ?? (async () => undefined);
    return readLocalFile(this.#disk, this.#block, { file, pause });
  }

  #wanted({ name, sizeBytes, crc32c: crc }: FileDigest) {
    return { key: blockKey(this.#block.ulid, name), sizeBytes, crc32c: crc };
  }

  #noteUnknown({ name, sizeBytes }: FileDigest): void {
    const unknown = { crc32c: undefined, sha256: undefined, verifiedBy: 'listed size' } as const;
    const file = { name, sizeBytes, ...unknown, sent: false };
    this.#log.fileVerified(this.#bucket.name, this.#block.ulid, file);
  }

  #note({ name, sizeBytes, crc32c: crc, sha256 }: FileDigest, by: VerifiedBy, sent: boolean): void {
    const known = { name, sizeBytes, crc32c: crc, sha256: sha256 === '' ? undefined : sha256 };
    this.#log.fileVerified(this.#bucket.name, this.#block.ulid, { ...known, verifiedBy: by, sent });
  }
}
