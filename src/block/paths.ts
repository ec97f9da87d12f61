// Where things lie on the local disk. Every path of tenants, streams, logs and blocks is made here,
// and nowhere else. Pure: nothing is created or looked at.
//
//   <tsdb.path>/<tenant>/                 a Prometheus data directory, one per tenant …
//   <tsdb.path>/<tenant>@<hash>/          … and one per stream with lifted labels (stream.json)
//     wal/ wbl/ chunks_head/
//     origin.json                       whose the log's segments are
//     <ULID>/                             a block
//     <ULID>.tmp-for-creation/            a block being written
//   <tsdb.path>/.varve/                   lock.db, catalog.db, log.json, quarantine/, adopted/,
//                                         wal-archive.json, restore.json, restore/

import { assert } from '../base/errors/assert.ts';
import { isUlid } from '../base/model/ulid.ts';

/** Ends the name of a block that is being written; Prometheus removes such directories too. */
export const TMP_FOR_CREATION = '.tmp-for-creation';
/** Ends the name of a block that is being removed, as Prometheus's. */
export const TMP_FOR_DELETION = '.tmp-for-deletion';
/** Varve's own directory beside the tenants. No tenant's name begins with a dot. */
export const VARVE_DIR = '.varve';
/** Names a stream's lifted labels. */
export const STREAM_FILE = 'stream.json';
/** Says whose the segments of a stream's log are. */
export const ORIGIN_FILE = 'origin.json';

// Numbers are filled up with zeros to so many digits, and only longer ones have more.
const CHUNK_SEGMENT_NAME = /^([0-9]{6}|[1-9][0-9]{6,9})$/;
const WAL_SEGMENT_NAME = /^([0-9]{8}|[1-9][0-9]{8,9})$/;
const CHECKPOINT_NAME = /^checkpoint\.([0-9]{8}|[1-9][0-9]{8,9})$/;

/** The parts of `serve`'s one data directory. */
export function serveDirs(dataDir: string) {
  return {
    tsdb: `${dataDir}/tsdb`,
    bucket: `${dataDir}/bucket`,
    compact: `${dataDir}/compact`,
    store: `${dataDir}/store`,
  } as const;
}

/** Varve's own directory under `--tsdb.path`. */
export function varveDir(tsdbPath: string): string {
  return `${tsdbPath}/${VARVE_DIR}`;
}

/** The file whose SQLite lock says that a process works in this directory. */
export function lockFile(tsdbPath: string): string {
  return `${varveDir(tsdbPath)}/lock.db`;
}

/** Where a compactor's merges keep what they have on the disk. */
export function mergesDir(workDir: string): string {
  return `${varveDir(workDir)}/merges`;
}

/** The catalogue's SQLite file. */
export function catalogFile(tsdbPath: string): string {
  return `${varveDir(tsdbPath)}/catalog.db`;
}

/** Where a catalogue goes that cannot be read; the first one has number 1. */
export function damagedCatalogFile(catalogPath: string, number: number): string {
  return `${catalogPath}.damaged-${number}`;
}

/** Which machine's logs these are (wal/log-id.ts). */
export function logIdFile(tsdbPath: string): string {
  return `${varveDir(tsdbPath)}/log.json`;
}

/** What of the logs is in the bucket (wal/archive/state-file.ts). */
export function archiveStateFile(tsdbPath: string): string {
  return `${varveDir(tsdbPath)}/wal-archive.json`;
}

/** There while a restore is under way (wal/restore/marker.ts). */
export function restoreMarkerFile(tsdbPath: string): string {
  return `${varveDir(tsdbPath)}/restore.json`;
}

/** Where a restore puts what it fetched of the logs (`raw`) and made of it (`made`). */
export function restoreDir(tsdbPath: string, part?: 'raw' | 'made'): string {
  const dir = `${varveDir(tsdbPath)}/restore`;
  return part === undefined ? dir : `${dir}/${part}`;
}

/** Where what could not be read is copied to, for `stream`. */
export function quarantineDir(tsdbPath: string, stream: string): string {
  return `${varveDir(tsdbPath)}/quarantine/${checkedName(stream)}`;
}

/** Where a Prometheus's files go whose samples are in the log of `stream` now. */
export function adoptedDir(tsdbPath: string, stream: string): string {
  return `${varveDir(tsdbPath)}/adopted/${checkedName(stream)}`;
}

/** What was called `name`, set aside in `dir`; the first one has number 1. */
export function asidePath(dir: string, name: string, number: number): string {
  return `${dir}/${checkedName(name)}-${number}`;
}

/** Where, in a quarantine, a damaged block is. */
export function blockInQuarantine(quarantinePath: string, ulid: string): string {
  return `${quarantinePath}/block-${checkedUlid(ulid)}`;
}

/** Where, in a quarantine, the samples of unknown series are that checkpoint `through` left out. */
export function orphansDir(quarantinePath: string, through: number): string {
  return `${quarantinePath}/orphans-${String(through).padStart(8, '0')}`;
}

/** The name of a stream's directory; `hash` only when labels are lifted out of its series. */
export function streamName(tenant: string, hash?: string): string {
  return hash === undefined ? tenant : `${tenant}@${hash}`;
}

/** Tenant and hash of a stream's directory name. */
export function parseStreamName(name: string): { tenant: string; hash: string | undefined } {
  const at = name.lastIndexOf('@'); // tenants hold no @
  if (at < 0) return { tenant: name, hash: undefined };
  return { tenant: name.slice(0, at), hash: name.slice(at + 1) };
}

/** The directory of the stream `stream` (see streamName): a Prometheus data directory. */
export function streamDir(tsdbPath: string, stream: string): string {
  return `${tsdbPath}/${checkedName(stream)}`;
}

/** Where a stream's directory names its lifted labels. */
export function streamFile(dir: string): string {
  return `${dir}/${STREAM_FILE}`;
}

/** Where a stream's directory says whose the segments of its log are. */
export function originFile(dir: string): string {
  return `${dir}/${ORIGIN_FILE}`;
}

/** The write-ahead log of the data directory `dir`. */
export function walDir(dir: string): string {
  return `${dir}/wal`;
}

/** Prometheus's log of late samples, in a data directory. */
export const WBL_DIR = 'wbl';
/** Prometheus's chunks of the head, in a data directory. */
export const CHUNKS_HEAD_DIR = 'chunks_head';

/** Prometheus's log of late samples; only ever read. */
export function wblDir(dir: string): string {
  return `${dir}/${WBL_DIR}`;
}

/** Prometheus's chunks of the head; only ever read. */
export function chunksHeadDir(dir: string): string {
  return `${dir}/${CHUNKS_HEAD_DIR}`;
}

/** A file of the `chunks_head` directory `dir`. */
export function headChunksFile(dir: string, number: number): string {
  return `${dir}/${String(number).padStart(6, '0')}`;
}

/** The number of such a file's name; undefined for everything else. */
export function parseHeadChunksName(name: string): number | undefined {
  return CHUNK_SEGMENT_NAME.test(name) ? Number(name) : undefined;
}

/** A segment of a log, or of a checkpoint in it. */
export function walSegmentFile(dir: string, segment: number): string {
  return `${dir}/${String(segment).padStart(8, '0')}`;
}

/**
 * The number of a log segment's file name; undefined for everything else, also for a name that
 * gives a number with more zeros than `walSegmentFile` would: that file is another one's.
 */
export function parseWalSegmentName(name: string): number | undefined {
  return WAL_SEGMENT_NAME.test(name) ? Number(name) : undefined;
}

/** The checkpoint that stands for all segments up to `segment`, in the log's directory `dir`. */
export function checkpointDir(dir: string, segment: number): string {
  return `${dir}/checkpoint.${String(segment).padStart(8, '0')}`;
}

/** The number of a checkpoint's directory name; undefined for everything else. */
export function parseCheckpointName(name: string): number | undefined {
  const digits = CHECKPOINT_NAME.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** The block `ulid` in a stream's directory. */
export function blockDir(dir: string, ulid: string): string {
  return `${dir}/${checkedUlid(ulid)}`;
}

/** Where the block is while it is written. */
export function blockTmpDir(dir: string, ulid: string): string {
  return blockDir(dir, ulid) + TMP_FOR_CREATION;
}

/** The ULID of a block directory's name; undefined for everything else. */
export function parseBlockDirName(name: string): string | undefined {
  return isUlid(name) ? name : undefined;
}

/** The ULID of a directory left behind while its block was written. */
export function parseBlockTmpDirName(name: string): string | undefined {
  if (!name.endsWith(TMP_FOR_CREATION)) return undefined;
  return parseBlockDirName(name.slice(0, -TMP_FOR_CREATION.length));
}

/** Names within a block, as they stand in `thanos.files`. */
export const INDEX_FILE = 'index';
export const META_FILE = 'meta.json';
export const TOMBSTONES_FILE = 'tombstones';
export const CHUNKS_DIR = 'chunks';

/** A file of a block by its name within the block, such as `chunks/000001`. */
export function blockFile(blockPath: string, name: string): string {
  return `${blockPath}/${name}`;
}

/** The name of a chunk segment within its block; the first one is number 1. */
export function chunkSegmentName(number: number): string {
  return `${CHUNKS_DIR}/${String(number).padStart(6, '0')}`;
}

/** The number in a file name of the chunks directory; undefined when it is not a segment's. */
export function parseChunkSegmentName(name: string): number | undefined {
  return CHUNK_SEGMENT_NAME.test(name) ? Number(name) : undefined;
}

// Names come checked (tenants on arrival, ULIDs where they are read): these are for our mistakes.
function checkedName(name: string): string {
  assert(name !== '' && !name.startsWith('.') && !name.includes('/'), 'a directory name');
  return name;
}

function checkedUlid(ulid: string): string {
  assert(isUlid(ulid), 'a ULID');
  return ulid;
}
