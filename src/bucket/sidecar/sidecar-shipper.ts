// Rounds over the directory of a Prometheus: what is new in it goes into the bucket, oldest first.
//
// Invariants: nothing is written into that directory. One block that cannot be uploaded is named
// and counted, all others go on; a store that does not answer ends the round, unless it does so
// for that one block only (failing-blocks.ts). A block that is damaged, or overlaps others in the
// bucket, is left alone for an hour: looking again costs.

import type { ErrorCode } from '../../base/errors/catalogue.ts';
import { asVarveError, VarveError } from '../../base/errors/varve-error.ts';
import type { Labels } from '../../base/model/labels.ts';
import type { Logger } from '../../base/observe/logger.ts';
import type { MetricStore } from '../../base/observe/metric-store.ts';
import type { Clock } from '../../base/runtime/clock.ts';
import type { Disk } from '../../base/runtime/disk.ts';
import type { BlockMeta } from '../../block/meta/format.ts';
import type { Bucket } from '../bucket.ts';
import { FailingBlocks } from '../failing-blocks.ts';
import { blockKey, META_FILE } from '../layout.ts';
import type { LocalBlock } from '../local-block.ts';
import { BucketBlocks } from './bucket-blocks.ts';
import { type FoundBlock, isCompacted, planBlocks } from './plan-blocks.ts';
import { shipBlock } from './ship-block.ts';
import type { UploadedNote } from './uploaded-note.ts';

const REST_MS = 3_600_000;
/** With these the next block would fail the same way. */
const STORE_FAILS: ReadonlySet<ErrorCode> = new Set([
  'store_unavailable',
  'store_throttled',
  'store_denied',
  'disk_full', // of a bucket that is a directory; nothing else is written
]);
/** Errors of a block that the next round would meet again. */
const HOPELESS_NOW: ReadonlySet<ErrorCode> = new Set([
  'damaged_block',
  'damaged_chunk',
  'already_exists',
]);
/** Blocks of a Prometheus belong to no tenant. */
const NO_TENANT = { tenant: '' };

/** What the directory of the Prometheus holds; who wires the shipper makes it. */
export interface PrometheusDir {
  /** `refused`: directories named like blocks whose meta.json cannot be read. */
  list(): { readonly blocks: readonly FoundBlock[]; readonly refused: number };
  /** Reads a block whole; `damaged_block` when that cannot be done. */
  describe(block: FoundBlock, labels: Labels): Promise<LocalBlock>;
  parseMeta(bytes: Uint8Array, file: string): BlockMeta;
}

export interface SidecarShipperOptions {
  readonly bucket: Bucket;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: MetricStore;
  readonly dir: PrometheusDir;
  readonly note: UploadedNote;
  readonly uploadCompacted: boolean;
  /** Blocks that end before are left out; asked at each round. */
  minTimeMs(): number;
}

/** What a round did, in blocks. */
export interface RoundReport {
  uploaded: number;
  /** In the bucket already, as they are or compacted. */
  found: number;
  failed: number;
  vanished: number;
}

type Outcome = keyof RoundReport | 'store-fails';

export class SidecarShipper {
  readonly #options: SidecarShipperOptions;
  /** By ULID, until when a block is left alone. */
  readonly #resting = new Map<string, number>();
  /** Blocks that may have been compacted in the bucket since; undefined before the first round. */
  #unsure: ReadonlySet<string> | undefined;
  readonly #failing = new FailingBlocks();
  #stopping = false;

  constructor(options: SidecarShipperOptions) {
    this.#options = options;
  }

  /** The round under way ends after its block, and those to come do nothing. */
  stop(): void {
    this.#stopping = true;
  }

  /** Uploads what is to be uploaded, with these labels. Rejects when the directory is not there. */
  async round(labels: Labels): Promise<RoundReport> {
    const { logger, metrics, bucket, dir } = this.#options;
    const report = { uploaded: 0, found: 0, failed: 0, vanished: 0 };
    metrics.counter('varve_shipper_dir_syncs_total', NO_TENANT).add();
    const upload = this.#plan();
    const stored = new BucketBlocks({ bucket, labels, logger, parseMeta: dir.parseMeta });
    let waiting = upload.length;
    let hasEnded = false;
    for (const block of this.#turns(upload)) {
      const { ulid } = block.meta;
      const outcome = await this.#ship(block, labels, stored);
      if (outcome === 'store-fails') {
        hasEnded = this.#failing.failed(ulid);
        if (this.#failing.isOwn(ulid)) this.#rest(ulid);
      }
      const counted = outcome === 'store-fails' ? 'failed' : outcome;
      report[counted]++;
      if (counted !== 'failed') waiting--;
      if (counted === 'uploaded' || counted === 'found') this.#taken(ulid);
      if (hasEnded) break;
    }
    if (!this.#failing.endRound() || hasEnded)
      metrics.counter('varve_shipper_dir_sync_failures_total', NO_TENANT).add();
    this.#count(report, waiting);
    return report;
  }

  /** One after the other, those last that fail by themselves; none any more when it is stopped. */
  *#turns(upload: readonly FoundBlock[]): Generator<FoundBlock> {
    const ulidOf = ({ meta }: FoundBlock): string => meta.ulid;
    this.#failing.keep(new Set([...this.#resting.keys(), ...upload.map(ulidOf)]));
    const isLast = (one: FoundBlock): boolean => this.#failing.isOwn(ulidOf(one));
    const left = new Set([...upload.filter((one) => !isLast(one)), ...upload.filter(isLast)]);
    while (left.size > 0 && !this.#stopping) {
      const next = this.#failing.choose([...left], { isFree: () => true, ulidOf });
      if (next === undefined) return;
      left.delete(next);
      yield next;
    }
  }

  #taken(ulid: string): void {
    const { logger, note } = this.#options;
    note.add(ulid);
    for (const own of this.#failing.taken(ulid)) {
      this.#rest(own);
      const what = 'the store takes other blocks and not this one: it is tried last, and seldom';
      logger.error(what, { block: own, taken: ulid });
    }
  }

  #plan(): readonly FoundBlock[] {
    const { clock, dir, metrics, minTimeMs, note, uploadCompacted } = this.#options;
    const nowMs = clock.monotonicMs();
    for (const [ulid, untilMs] of this.#resting) if (untilMs <= nowMs) this.#resting.delete(ulid);
    const { blocks, refused } = dir.list();
    const onDisk = new Set(blocks.map(({ meta }) => meta.ulid));
    // A directory that shows no block at all is more likely not mounted than empty.
    if (blocks.length > 0) note.keepOnly(onDisk);
    const resting = new Set([...this.#resting.keys()].filter((ulid) => onDisk.has(ulid)));
    const rules = { uploaded: note.uploaded, resting, minTimeMs: minTimeMs(), uploadCompacted };
    const { upload, passedOver } = planBlocks(blocks, rules);
    const reasons = { ...passedOver, refused: refused + resting.size };
    for (const [reason, count] of Object.entries(reasons)) {
      metrics.gauge('varve_sidecar_blocks_passed_over', { reason }).set(count);
    }
    this.#unsure ??= new Set(note.wasLost ? upload.map(({ meta }) => meta.ulid) : []);
    return upload;
  }

  async #ship(block: FoundBlock, labels: Labels, stored: BucketBlocks): Promise<Outcome> {
    const { bucket, disk, dir, logger, metrics } = this.#options;
    const { ulid } = block.meta;
    try {
      if (await this.#isCovered(block.meta, stored)) {
        logger.info('block is in the bucket already, as part of a compacted one', { block: ulid });
        return 'found';
      }
      const describe = () => dir.describe(block, labels);
      const sent = await shipBlock({ bucket, disk, logger, dir: block.dir, ulid, describe });
      if (sent === 'vanished') {
        metrics.counter('varve_sidecar_blocks_vanished_total', {}).add();
        const what =
          'block deleted by Prometheus before it was uploaded; its retention is too short';
        logger.warn(what, { block: ulid });
        return 'vanished';
      }
      stored.add(block.meta);
      const what = sent.sent ? 'block uploaded' : 'block is in the bucket already';
      logger.info(what, { block: ulid, bytes: sent.bytesSent, bucket: bucket.name });
      return sent.sent ? 'uploaded' : 'found';
    } catch (thrown) {
      return this.#failed(ulid, asVarveError(thrown));
    }
  }

  /**
   * True when all of the block is in the bucket in other blocks. Throws `already_exists` when it
   * was compacted by the Prometheus and only a part of its time is.
   */
  async #isCovered(meta: BlockMeta, stored: BucketBlocks): Promise<boolean> {
    const { bucket } = this.#options;
    if (!isCompacted(meta) && this.#unsure?.has(meta.ulid) !== true) return false;
    if (await bucket.exists(blockKey(meta.ulid, META_FILE))) return false;
    if (await stored.covers(meta)) return true;
    const other = isCompacted(meta) ? await stored.overlapping(meta) : undefined;
    if (other === undefined) return false;
    throw new VarveError(
      'already_exists',
      `the compacted block ${meta.ulid} overlaps ${other} in ${bucket.name}, and is not part of it`,
    );
  }

  #failed(ulid: string, error: VarveError): Outcome {
    const { logger } = this.#options;
    const fields = { block: ulid, code: error.code, error: error.message };
    if (HOPELESS_NOW.has(error.code)) {
      this.#rest(ulid);
      logger.error('block not uploaded, looked at again in an hour', fields);
      return 'failed';
    }
    logger.error('block not uploaded, tried again in the next round', fields);
    return STORE_FAILS.has(error.code) ? 'store-fails' : 'failed';
  }

  #rest(ulid: string): void {
    this.#resting.set(ulid, this.#options.clock.monotonicMs() + REST_MS);
  }

  #count(report: RoundReport, waiting: number): void {
    const { metrics, uploadCompacted, note, dir } = this.#options;
    metrics.counter('varve_shipper_uploads_total', NO_TENANT).add(report.uploaded);
    metrics.counter('varve_shipper_upload_failures_total', NO_TENANT).add(report.failed);
    metrics.gauge('varve_shipper_blocks_waiting', NO_TENANT).set(waiting);
    if (!uploadCompacted) return;
    const { blocks } = dir.list();
    const missing = blocks.filter(
      ({ meta }) => isCompacted(meta) && meta.stats.numSamples > 0 && !note.uploaded.has(meta.ulid),
    );
    metrics
      .gauge('varve_shipper_upload_compacted_done', { tenant: '' })
      .set(missing.length === 0 ? 1 : 0);
  }
}
