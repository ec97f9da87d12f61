// GET /api/v1/uploads: what is in the bucket, since when, how that was made sure of, and what it
// cost in requests; what waits, and for what. The envelope is that of /api/v1/status.

import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Clock } from '../base/runtime/clock.ts';
import { isoTime } from '../base/runtime/iso-time.ts';
import type { QueueOnDisk } from '../bucket/queue-gate.ts';
import type { ExplainedBlock, WaitingBlock } from '../bucket/upload-queue.ts';
import type { UploadEntry, UploadedFile } from '../catalog/upload-catalog.ts';

/** Who knows of uploads. */
export interface UploadsSource {
  readonly clock: Clock;
  /** The queue, of what waits the `limit` oldest, and the `limit` newest uploads. */
  view(limit: number): Promise<{
    readonly queue: QueueOnDisk;
    readonly waiting: readonly ExplainedBlock[];
    readonly uploads: readonly UploadEntry[];
  }>;
  /** Are writes refused because of the queue? */
  isFull(): boolean;
  /** Bytes that may wait; infinite without a limit. */
  limitBytes(): number;
}

/** Blocks in an answer when the request does not say (`?limit=`). */
const BLOCKS = 100;
const BLOCKS_MAX = 1000;

/** Registers the path. */
export function registerUploadsRoute(app: FastifyInstance, source: UploadsSource): void {
  app.get('/api/v1/uploads', async (request) => {
    const { queue, uploads, waiting } = await source.view(limitOf(request));
    return {
      status: 'success',
      data: {
        queue: queueOf(queue, source),
        waiting: waiting.map((block) => explained(block, source)),
        blocks: uploads.map(blockOf),
      },
    };
  });
}

function limitOf({ query }: FastifyRequest): number {
  const given =
    typeof query === 'object' && query !== null && 'limit' in query ? Number(query.limit) : NaN;
  return Number.isInteger(given) && given >= 1 ? Math.min(given, BLOCKS_MAX) : BLOCKS;
}

function queueOf({ blocks, sizeBytes, oldest }: QueueOnDisk, source: UploadsSource) {
  const limitBytes = source.limitBytes();
  return {
    blocks,
    bytes: sizeBytes,
    limitBytes: Number.isFinite(limitBytes) ? Math.floor(limitBytes) : null,
    full: source.isFull(),
    oldest: oldest === undefined ? null : waitingOf(oldest, source),
  };
}

function waitingOf(block: WaitingBlock, { clock }: UploadsSource) {
  return {
    ulid: block.ulid,
    tenant: block.tenant,
    bytes: block.sizeBytes,
    minTime: block.minTimeMs,
    maxTime: block.maxTimeMs,
    ageSeconds: Math.floor((clock.nowMs() - block.sinceMs) / 1000),
  };
}

function explained(block: ExplainedBlock, source: UploadsSource) {
  const { failsAlone, failure, heldBy } = block;
  return {
    ...waitingOf(block, source),
    error: failure ?? null,
    failsAlone,
    heldBy:
      heldBy === undefined
        ? null
        : { ulid: heldBy.ulid, gone: heldBy.isGone, error: heldBy.failure ?? null },
  };
}

/** Times of samples are milliseconds as in meta.json, those of uploads RFC 3339. */
function blockOf(entry: UploadEntry) {
  return {
    ulid: entry.ulid,
    tenant: entry.tenant,
    bucket: entry.bucket,
    minTime: entry.minTimeMs,
    maxTime: entry.maxTimeMs,
    bytes: entry.sizeBytes,
    begun: isoTime(entry.begunMs),
    ended: entry.endedMs === undefined ? null : isoTime(entry.endedMs),
    end: entry.end ?? null,
    requests: entry.requests,
    sentBytes: entry.sentBytes,
    receivedBytes: entry.receivedBytes,
    files: entry.files.map(fileOf),
  };
}

function fileOf(file: UploadedFile) {
  return {
    name: file.name,
    bytes: file.sizeBytes,
    crc32c: file.crc32c ?? null,
    sha256: file.sha256 ?? null,
    verified: isoTime(file.verifiedMs),
    verifiedBy: file.verifiedBy,
    sent: file.sent,
  };
}
