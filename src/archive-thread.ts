// The archive's entry: a thread that ships the logs to the bucket, and brings them back. It is a
// thread of its own because a cut may keep the job thread busy for longer than an interval.

import { openBucket } from '../storage-adapters/open-bucket.ts';
import { asVarveError, VarveError } from './base/errors/varve-error.ts';
import { blockLabels } from './base/model/stream-labels.ts';
import { isUlid, ulidTimeMs } from './base/model/ulid.ts';
import { type ThreadTools, threadTools } from './base/observe/thread-tools.ts';
import type { Disk } from './base/runtime/disk.ts';
import { collect } from './base/runtime/file-pieces.ts';
import { nodeRuntime } from './base/runtime/node-runtime.ts';
import type { Runtime } from './base/runtime/runtime.ts';
import { serveThread } from './base/runtime/thread-host.ts';
import { cutNote, cutRecords } from './block/cut-history.ts';
import { type BlockMeta, META_BYTES_MAX } from './block/meta/format.ts';
import { parseMeta } from './block/meta/parse.ts';
import { readMeta } from './block/meta.ts';
import { blockDir, parseBlockDirName } from './block/paths.ts';
import { isDamage } from './block/set-aside.ts';
import type { Bucket } from './bucket/bucket.ts';
import { downloadBlock } from './bucket/download.ts';
import { blockKey, blockOfKey, META_FILE } from './bucket/layout.ts';
import { type OpenedStore, openStore } from './bucket/open-store.ts';
import { readShipperFile, writeShipperFile } from './bucket/shipper-file.ts';
import { verifyPut } from './bucket/verify-object.ts';
import type { ArchiveService, ArchiveSettings } from './wal/archive/archive-service.ts';
import { type ArchiveRound, Archiver, type StreamBlocks } from './wal/archive/archiver.ts';
import type { SyncedStream } from './wal/archive/synced-stream.ts';
import { readLogId } from './wal/log-id.ts';
import {
  type BucketBlocks,
  type FoundBlock,
  type RestoreReport,
  restoreArchive,
} from './wal/restore/restore.ts';

/** Pieces of so long a time are held before the streams that hold them are sent anew … */
const HELD_MS = 12 * 3_600_000;
/** … and at least so many. */
const HELD_PIECES_MIN = 4096;
/** meta.json files that are fetched at one time. */
const FETCHED_AT_ONCE = 8;

/** Makes the service; the simulation calls this with its own runtime and store. */
export async function makeArchive(
  settings: ArchiveSettings,
  runtime: Runtime,
  tools: ThreadTools & { readonly open?: typeof openBucket },
): Promise<ArchiveService> {
  const { logger, metrics, open = openBucket } = tools;
  const { limits } = settings;
  const store = await openStore(settings.bucket, runtime, { logger, metrics, open, limits });
  const rounds = new Rounds(settings, runtime, { ...tools, store });
  return {
    restore: () => rounds.restore(),
    archive: (streams) => rounds.round(streams),
    metrics: async () => metrics.snapshot(),
    requests: async () => store.requests(),
    close: () => store.close(),
  };
}

class Rounds {
  readonly #settings: ArchiveSettings;
  readonly #runtime: Runtime;
  readonly #tools: ThreadTools & { readonly store: OpenedStore };
  readonly #archiver: Archiver;
  readonly #notes: BlockNotes;
  /** When all that was synced was last known to be in the bucket. */
  #wholeAtMs: number;

  constructor(
    settings: ArchiveSettings,
    runtime: Runtime,
    tools: ThreadTools & { readonly store: OpenedStore },
  ) {
    this.#settings = settings;
    this.#runtime = runtime;
    this.#tools = tools;
    this.#notes = new BlockNotes(runtime.disk, settings);
    this.#wholeAtMs = runtime.clock.monotonicMs();
    const { intervalMs, name, tsdbPath } = settings;
    const { clock, disk, random } = runtime;
    const { store } = tools;
    this.#archiver = new Archiver({
      disk,
      bucket: store.bucketFor('archive'),
      clock,
      random,
      logger: tools.logger,
      tsdbPath,
      name,
      blocksOf: (stream) => this.#notes.of(stream),
      verifyPut,
      piecesMax: Math.max(HELD_PIECES_MIN, Math.ceil(HELD_MS / Math.max(1, intervalMs))),
    });
  }

  async round(streams: readonly SyncedStream[]): Promise<ArchiveRound> {
    const { metrics } = this.#tools;
    const { clock } = this.#runtime;
    const beganMs = clock.monotonicMs();
    try {
      const round = await this.#archiver.round(streams);
      if (round.waitingBytes === 0) this.#wholeAtMs = beganMs;
      metrics.counter('varve_wal_archive_pieces_total', {}).add(round.pieces);
      metrics.counter('varve_wal_archive_bytes_total', {}).add(round.bytes);
      metrics.gauge('varve_wal_archive_waiting_bytes', {}).set(round.waitingBytes);
      return round;
    } catch (thrown) {
      metrics.counter('varve_wal_archive_failures_total', {}).add();
      throw thrown;
    } finally {
      const isWhole = this.#wholeAtMs === beganMs;
      const lagMs = isWhole ? 0 : clock.monotonicMs() - this.#wholeAtMs;
      metrics.gauge('varve_wal_archive_lag_seconds', {}).set(lagMs / 1000);
      metrics.gauge('varve_wal_archive_held_pieces', {}).set(this.#archiver.held.pieces);
      metrics.gauge('varve_wal_archive_held_bytes', {}).set(this.#archiver.held.bytes);
    }
  }

  restore(): Promise<RestoreReport> {
    const { name, tsdbPath } = this.#settings;
    const { clock, disk, random, timers } = this.#runtime;
    const { logger, store } = this.#tools;
    const bucket = store.bucketFor('restore');
    const blocks = blocksIn(bucket, disk);
    return restoreArchive({ disk, bucket, clock, random, timers, logger, tsdbPath, name, blocks });
  }
}

/** What is known of the blocks in the directories of the streams; each meta.json is read once. */
class BlockNotes {
  readonly #disk: Disk;
  readonly #settings: Pick<ArchiveSettings, 'labels' | 'tsdbPath'>;
  readonly #metas = new Map<string, Map<string, BlockMeta>>();

  constructor(disk: Disk, settings: Pick<ArchiveSettings, 'labels' | 'tsdbPath'>) {
    this.#disk = disk;
    this.#settings = settings;
  }

  /** Throws what the disk throws. */
  of({ dir, identity }: SyncedStream): StreamBlocks {
    const before = this.#metas.get(dir);
    const metas = new Map<string, BlockMeta>();
    this.#metas.set(dir, metas);
    // First the blocks, then the note: one that is uploaded in between counts as not uploaded.
    const ulids = this.#disk.list(dir).flatMap(({ name }) => parseBlockDirName(name) ?? []);
    const uploaded = readShipperFile(this.#disk, dir);
    for (const ulid of ulids) {
      const meta = before?.get(ulid) ?? this.#read(dir, ulid);
      if (meta !== undefined) metas.set(ulid, meta);
    }
    const all = [...metas.values()];
    const { labels, tsdbPath } = this.#settings;
    const cut = cutRecords(all, readLogId(this.#disk, tsdbPath));
    const isForeign = ({ thanos }: BlockMeta): boolean => thanos?.varve?.wal === undefined;
    return {
      labels: blockLabels(identity, labels),
      cut: cut.map(({ maxTimeMs, minTimeMs, position: { offset, segment }, ulid }) => {
        return { ulid, minTimeMs, maxTimeMs, segment, offset, uploaded: uploaded.has(ulid) };
      }),
      areUploaded: ulids.every((ulid) => uploaded.has(ulid)),
      foreignAreUploaded: all.filter(isForeign).every(({ ulid }) => uploaded.has(ulid)),
    };
  }

  /** Undefined for a damaged one, which the shipper sets aside. */
  #read(dir: string, ulid: string): BlockMeta | undefined {
    try {
      return readMeta(this.#disk, blockDir(dir, ulid));
    } catch (thrown) {
      if (!isDamage(asVarveError(thrown))) throw thrown;
      return undefined;
    }
  }
}

function blocksIn(bucket: Bucket, disk: Disk): BucketBlocks {
  /** Of the blocks that were found. */
  const found = new Map<string, { readonly meta: BlockMeta; readonly metaBytes: Uint8Array }>();
  return {
    madeAtMs: (ulid) => (isUlid(ulid) ? ulidTimeMs(ulid) : undefined),
    madeSince: async (fromMs) => {
      const ulids: string[] = [];
      for await (const name of bucket.listNames('')) {
        const ulid = name.endsWith('/') ? blockOfKey(name) : undefined;
        if (ulid !== undefined && (ulidTimeMs(ulid) ?? 0) >= fromMs) ulids.push(ulid);
      }
      let next = 0;
      const work = async (): Promise<void> => {
        for (let at = next++; at < ulids.length; at = next++) {
          const ulid = ulids[at] ?? '';
          const block = await readRemote(bucket, ulid);
          if (block !== undefined) found.set(ulid, block);
        }
      };
      await Promise.all(Array.from({ length: FETCHED_AT_ONCE }, work));
      const metas = [...found.values()].map(({ meta }) => meta);
      const sources = new Set(metas.flatMap(({ compaction }) => compaction.sources));
      return { cut: metas.flatMap(foundBlock), sources };
    },
    download: async (ulid, dir) => {
      const block = found.get(ulid);
      if (block === undefined) throw new VarveError('not_found', `block ${ulid} was not found`);
      const files = block.meta.thanos?.varve?.files ?? [];
      await downloadBlock(bucket, disk, { block: { ulid, files, ...block }, dir });
    },
    noteUploaded: (dir, ulids) => writeShipperFile(disk, dir, ulids),
  };
}

function foundBlock(meta: BlockMeta): FoundBlock[] {
  const { maxTimeMs, minTimeMs, thanos, ulid } = meta;
  const note = cutNote(meta);
  if (thanos === undefined || note === undefined) return [];
  const { checkpoint, earlier, log, offset, segment } = note;
  const place = { segment, offset, log, checkpoint, earlier };
  return [{ ulid, labels: thanos.labels, minTimeMs, maxTimeMs, ...place }];
}

/** Undefined for what is no whole block, or none that can be read. */
async function readRemote(bucket: Bucket, ulid: string) {
  const key = blockKey(ulid, META_FILE);
  try {
    const metaBytes = await collect(bucket.get(key), META_BYTES_MAX, key);
    return { meta: parseMeta(metaBytes, key), metaBytes };
  } catch (thrown) {
    if (!isDamage(asVarveError(thrown))) throw thrown;
    return undefined;
  }
}

await serveThread<ArchiveSettings>('archive-thread', (settings) => {
  const runtime = nodeRuntime();
  return makeArchive(settings, runtime, threadTools('archive', settings.logger, runtime.clock));
});
