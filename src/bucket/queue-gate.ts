// Refuses writes while too many blocks wait for the bucket, so that an outage of the store costs
// time and a known part of the disk. On the main thread; what waits is told to it.
//
// What the heads hold becomes blocks all the same when writes end, so it counts, too: as many bytes
// as its chunks are likely to be. Invariant: it opens again only when a tenth of the limit is free,
// so that it does not open and shut with every block, not even by a restart, which finds senders
// with a backlog at the door; and it is open when nothing waits.

import { VarveError } from '../base/errors/varve-error.ts';
import type { Logger } from '../base/observe/logger.ts';
import type { MetricStore } from '../base/observe/metric-store.ts';
import type { QueueStatus } from './upload-queue.ts';

/** Without a configured limit: of what the disk has for the queue, free space included. */
const DISK_SHARE = 0.9;
/** Of the limit, where writes are taken again. */
const OPEN_BELOW = 0.9;
/** Senders come back after this time, a little spread. */
const RETRY_AFTER_SECONDS = 30;

/** The queue, and the disk that it is on. */
export interface QueueOnDisk extends QueueStatus {
  readonly freeBytes: number;
}

/** The queue, and what will come to it. */
export interface Backlog {
  readonly queue: QueueOnDisk;
  /** Chunks that are in heads. */
  readonly headChunks: number;
}

export interface QueueGateOptions {
  /** Bytes; 0 for no limit, undefined for a share of the disk. Read each time. */
  readonly maxBytes: () => number | undefined;
  readonly metrics: MetricStore;
  readonly logger: Logger;
}

export class QueueGate {
  readonly #options: QueueGateOptions;
  #isShut = false;
  #hasLooked = false;
  #limitBytes = Number.POSITIVE_INFINITY;

  constructor(options: QueueGateOptions) {
    this.#options = options;
    this.#show();
  }

  /** True while writes are refused. */
  get isShut(): boolean {
    return this.#isShut;
  }

  /** Bytes that may wait; infinite when there is no limit. */
  get limitBytes(): number {
    return this.#limitBytes;
  }

  /** Lets a write in. @throws VarveError `queue_full` */
  check(): void {
    if (!this.#isShut) return;
    const what = 'Too many blocks wait for the object store, which does not take them.';
    throw new VarveError('queue_full', what, { retryAfterSeconds: RETRY_AFTER_SECONDS });
  }

  /** Takes in what waits now. */
  update({ queue, headChunks }: Backlog): void {
    this.#limitBytes = this.#limit(queue);
    const isLow = this.#isShut || !this.#hasLooked;
    const level = isLow ? OPEN_BELOW * this.#limitBytes : this.#limitBytes;
    this.#hasLooked = true;
    // With a limit below what the heads hold anyway, half of it is for blocks.
    const comingBytes = Math.min(headChunks * queue.bytesPerChunk, this.#limitBytes / 2);
    const isOver = queue.sizeBytes > 0 && queue.sizeBytes + comingBytes > level;
    if (isOver !== this.#isShut) this.#turn(isOver, queue);
    this.#show();
  }

  #limit({ sizeBytes, freeBytes }: QueueOnDisk): number {
    const maxBytes = this.#options.maxBytes();
    if (maxBytes === 0) return Number.POSITIVE_INFINITY;
    return maxBytes ?? DISK_SHARE * (sizeBytes + freeBytes);
  }

  #turn(isShut: boolean, { blocks, sizeBytes, oldest }: QueueOnDisk): void {
    this.#isShut = isShut;
    const { logger } = this.#options;
    const limitBytes = Math.floor(this.#limitBytes);
    const fields = { blocks, bytes: sizeBytes, limitBytes, oldest: oldest?.ulid };
    if (isShut) {
      const what = 'writes are answered 503: too many blocks wait for the bucket';
      logger.error(what, { code: 'queue_full', ...fields });
    } else logger.info('writes are taken again: enough blocks have reached the bucket', fields);
  }

  #show(): void {
    const { metrics } = this.#options;
    metrics.gauge('varve_shipper_queue_full', {}).set(this.#isShut ? 1 : 0);
    metrics.gauge('varve_shipper_queue_limit_bytes', {}).set(this.#limitBytes);
  }
}
