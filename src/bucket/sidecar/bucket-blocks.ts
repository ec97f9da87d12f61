// What the bucket holds of the same labels: read only when a block must be compared with it, and
// for one round, because compactors change it meanwhile.

import { asVarveError, VarveError } from '../../base/errors/varve-error.ts';
import { compareLabels, type Labels } from '../../base/model/labels.ts';
import type { Logger } from '../../base/observe/logger.ts';
import { collect } from '../../base/runtime/file-pieces.ts';
import type { BlockMeta } from '../../block/meta/format.ts';
import type { BucketReader } from '../bucket.ts';
import { blockKey, blockOfKey, META_FILE } from '../layout.ts';

/** A meta.json above this is not one. */
const META_BYTES_MAX = 32 * 1024 * 1024;
/** Read at one time. */
const READS_MAX = 8;

export interface BucketBlocksOptions {
  readonly bucket: BucketReader;
  readonly labels: Labels;
  readonly logger: Logger;
  /** Reads a meta.json; `file` names it in errors. */
  parseMeta(bytes: Uint8Array, file: string): BlockMeta;
}

/** The blocks of these labels. */
export class BucketBlocks {
  readonly #options: BucketBlocksOptions;
  readonly #metas: BlockMeta[] = [];
  /** ULIDs of all blocks, cut from heads, that are in one of these. */
  readonly #sources = new Set<string>();
  #loaded: Promise<void> | undefined;

  constructor(options: BucketBlocksOptions) {
    this.#options = options;
  }

  /** All that went into `meta` is in blocks of the bucket: it was uploaded, and compacted. */
  async covers({ compaction }: BlockMeta): Promise<boolean> {
    await this.#load();
    const { sources } = compaction;
    return sources.length > 0 && sources.every((source) => this.#sources.has(source));
  }

  /** The ULID of a block that has a time in common with `meta`, if there is one. */
  async overlapping({ ulid, minTimeMs, maxTimeMs }: BlockMeta): Promise<string | undefined> {
    await this.#load();
    return this.#metas.find(
      (other) => other.ulid !== ulid && other.minTimeMs < maxTimeMs && minTimeMs < other.maxTimeMs,
    )?.ulid;
  }

  /** One more has been uploaded. */
  add(meta: BlockMeta): void {
    this.#metas.push(meta);
    for (const source of meta.compaction.sources) this.#sources.add(source);
  }

  #load(): Promise<void> {
    this.#loaded ??= this.#readAll();
    return this.#loaded;
  }

  async #readAll(): Promise<void> {
    const ulids: string[] = [];
    for await (const name of this.#options.bucket.listNames('')) {
      const ulid = name.endsWith('/') ? blockOfKey(name) : undefined;
      if (ulid !== undefined) ulids.push(ulid);
    }
    for (let at = 0; at < ulids.length; at += READS_MAX) {
      const some = ulids.slice(at, at + READS_MAX).map((ulid) => this.#readOne(ulid));
      for (const meta of await Promise.all(some)) if (meta !== undefined) this.add(meta);
    }
  }

  async #readOne(ulid: string): Promise<BlockMeta | undefined> {
    const { bucket, labels, logger, parseMeta } = this.#options;
    const key = blockKey(ulid, META_FILE);
    try {
      const bytes = await collect(bucket.get(key), META_BYTES_MAX, key);
      const meta = parseMeta(bytes, key);
      return compareLabels(meta.thanos?.labels ?? [], labels) === 0 ? meta : undefined;
    } catch (thrown) {
      const error = asVarveError(thrown);
      if (error.kind === 'not_found') return undefined; // a partial upload, or just deleted
      if (error.kind !== 'damaged')
        throw new VarveError(error.code, error.message, { cause: thrown });
      logger.warn('block in the bucket left out: its meta.json cannot be read', {
        block: ulid,
        error: error.message,
      });
      return undefined;
    }
  }
}
