// `varve bucket ls|inspect|verify|upload-blocks|cleanup|replicate`: looks into a bucket, and puts,
// deletes and copies blocks there. An entry point of its own: it knows several stages.

import { openBucket } from '../../storage-adapters/open-bucket.ts';
import type { BucketDocument } from '../base/config/bucket-document.ts';
import { DEFAULT_TMP_DIR } from '../base/config/options-bucket-tool.ts';
import type { BucketToolOptions } from '../base/config/start.ts';
import { VarveError } from '../base/errors/varve-error.ts';
import { type Labels, labelValue } from '../base/model/labels.ts';
import { MetricStore } from '../base/observe/metric-store.ts';
import type { Disk } from '../base/runtime/disk.ts';
import { keepAlive } from '../base/runtime/keep-alive.ts';
import type { Runtime } from '../base/runtime/runtime.ts';
import { listLocalBlocks } from '../block/local-blocks.ts';
import { printJsonLine } from '../block/meta/json.ts';
import { parseMeta } from '../block/meta/parse.ts';
import { readMeta } from '../block/meta.ts';
import {
  CHUNKS_DIR,
  INDEX_FILE,
  META_FILE,
  parseBlockDirName,
  TOMBSTONES_FILE,
} from '../block/paths.ts';
import { verifyBlock } from '../block/verify.ts';
import { verifyStored } from '../block/verify-stored.ts';
import { listBlock, listBlocks } from '../bucket/block-listing.ts';
import type { Bucket } from '../bucket/bucket.ts';
import { copyBlock, type NotedObject } from '../bucket/copy-block.ts';
import { deleteBlock, deletePartial } from '../bucket/delete-block.ts';
import type { StoreLimits } from '../bucket/limited-bucket.ts';
import { openStore } from '../bucket/open-store.ts';
import { unfinishedUploads } from '../bucket/stale-uploads.ts';
import { uploadBlock } from '../bucket/upload.ts';
import { compileMatchers } from '../query/matcher.ts';
import { cleanup } from './bucket/cleanup.ts';
import { inspect } from './bucket/inspect.ts';
import { ls } from './bucket/ls.ts';
import { Progress } from './bucket/progress.ts';
import { replicate } from './bucket/replicate.ts';
import type { BucketAccess, BucketTool, LocalToUpload } from './bucket/tool.ts';
import { toolLogger } from './bucket/tool-logger.ts';
import { uploadBlocks } from './bucket/upload-blocks.ts';
import { verify } from './bucket/verify.ts';
import { makeWorkDir, sweepWorkDirs } from './bucket/work-dir.ts';
import { Lines } from './tsdb/output.ts';

/** What the tools take of the world. */
export type ToolWorld = Pick<Runtime, 'clock' | 'timers' | 'disk' | 'random' | 'locks'>;

/** An open bucket, and what closes it. */
export interface OpenedBucket {
  readonly bucket: Bucket;
  close(): Promise<void>;
}

/** How a tool opens a bucket. */
export interface OpenOptions {
  /** Blocks are to be put there: a directory that is missing is made. */
  readonly mayCreate: boolean;
  readonly limits: StoreLimits;
  /** For what the store has to say. */
  readonly err: (line: string) => void;
}

/** Opens a bucket for a tool; tests have others. */
export type OpenToolBucket = (
  document: BucketDocument,
  world: ToolWorld,
  options: OpenOptions,
) => Promise<OpenedBucket>;

/** Calls at once; the tools make fewer of their own accord. */
const CALLS_MAX = 64;

/**
 * Runs one command; the exit code of the process: 0 when all is well, 1 when something is damaged,
 * or could not be read, put or deleted.
 */
export async function runBucketTool(
  options: BucketToolOptions,
  world: ToolWorld,
  open: OpenToolBucket = openToolBucket,
): Promise<number> {
  const { loaded, isTerminal, signal } = options;
  const stay = keepAlive();
  const opened: OpenedBucket[] = [];
  const progress = new Progress(
    isTerminal ? (text) => options.stderr(text) : undefined,
    world.clock,
  );
  const out = new Lines((text) => {
    progress.clear();
    options.stdout(text);
  });
  const err = (line: string): void => {
    progress.clear();
    options.stderr(`varve: ${line}\n`);
  };
  const openOne = async (document: BucketDocument, mayCreate: boolean): Promise<Bucket> => {
    const { objstoreUploadBandwidth, objstoreDownloadBandwidth } = loaded.config;
    const limits = {
      concurrencyMax: CALLS_MAX,
      uploadBytesPerSecond: objstoreUploadBandwidth,
      downloadBytesPerSecond: objstoreDownloadBandwidth,
    };
    const one = await open(document, world, { mayCreate, limits, err });
    opened.push(one);
    return one.bucket;
  };
  try {
    for (const warning of loaded.warnings) err(warning);
    sweepWorkDirs(world, tmpDirOf(loaded), err);
    const bucket = await openOne(loaded.store, loaded.command === 'upload-blocks');
    const access = accessTo(world);
    const { clock, timers } = world;
    const tool = { bucket, access, clock, timers, out, err, progress, signal };
    const to = loaded.storeTo === undefined ? undefined : await openOne(loaded.storeTo, true);
    return await runCommand(loaded, tool, to);
  } finally {
    progress.clear();
    out.flush();
    for (const one of opened) await one.close();
    stay();
  }
}

/** Where work directories of killed tools may lie. */
function tmpDirOf(loaded: BucketToolOptions['loaded']): string {
  return loaded.command === 'verify' ? loaded.config.tmpDir : DEFAULT_TMP_DIR;
}

function runCommand(
  loaded: BucketToolOptions['loaded'],
  tool: Omit<BucketTool<unknown>, 'config'>,
  to: Bucket | undefined,
): Promise<number> {
  switch (loaded.command) {
    case 'ls':
      return ls({ ...tool, config: loaded.config });
    case 'inspect':
      return inspect({ ...tool, config: loaded.config });
    case 'verify':
      return verify({ ...tool, config: loaded.config });
    case 'upload-blocks':
      return uploadBlocks({ ...tool, config: loaded.config });
    case 'cleanup':
      return cleanup({ ...tool, config: loaded.config });
    case 'replicate':
      if (to === undefined) throw new VarveError('internal', 'no bucket to copy to was opened');
      // Two stores may have buckets of one name; what describes them the same is one bucket.
      if (JSON.stringify(loaded.store) === JSON.stringify(loaded.storeTo))
        throw new VarveError('bad_config', `both buckets are ${to.name}; nothing to copy`);
      return replicate({ ...tool, config: loaded.config }, to);
  }
}

/**
 * The one place where the tools open a bucket. A directory that is not there is not made, unless
 * blocks are to be put there: a path that was mistyped is no empty bucket.
 */
export async function openToolBucket(
  document: BucketDocument,
  world: ToolWorld,
  { mayCreate, limits, err }: OpenOptions,
): Promise<OpenedBucket> {
  if (document.type === 'FILESYSTEM' && !mayCreate) {
    const { directory } = document.config;
    if (world.disk.stat(directory)?.isDirectory !== true)
      throw new VarveError('not_found', `there is no directory ${directory}`);
  }
  const logger = toolLogger(err);
  const tools = { logger, metrics: new MetricStore(), open: openBucket, limits };
  const store = await openStore(document, world, tools);
  return { bucket: store.bucketFor('tool'), close: () => store.close() };
}

function accessTo(world: ToolWorld): BucketAccess {
  const { disk } = world;
  return {
    listBlocks,
    listBlock,
    parseMeta,
    metaLine: (meta, extra) => {
      const line = printJsonLine(meta.rest ?? new Map());
      return `${line.slice(0, -1)}${line === '{}' ? '' : ','}"bucket":${extra}}`;
    },
    verifyStored: (block, workDir) => verifyStored(block, { disk, workDir }),
    makeWorkDir: (parent) => makeWorkDir(world, parent),
    deleteBlock,
    deletePartial,
    unfinishedUploads,
    copyBlock: (ulid, place) => copyBlock(ulid, { ...place, readNotes }),
    compileMatchers: (matchers) => labelsMatch(compileMatchers(matchers)),
    localBlocks: (dir, labels, onDamaged) => localBlocks(disk, dir, { labels, onDamaged }),
    verifyLocal: (dir) => verifyBlock(disk, dir),
    uploadBlock: (bucket, block, options) => uploadBlock(bucket, disk, block, options),
  };
}

/** The files that a meta.json names besides itself. */
function readNotes(metaBytes: Uint8Array, ulid: string): ReadonlyMap<string, NotedObject> {
  const meta = parseMeta(metaBytes, `meta.json of ${ulid}`);
  if (meta.ulid !== ulid)
    throw new VarveError('damaged_block', `meta.json of ${ulid} is of block ${meta.ulid}`);
  const notes = new Map<string, NotedObject>();
  const { files = [], segmentFiles = [], varve } = meta.thanos ?? {};
  for (const name of segmentFiles) notes.set(`${CHUNKS_DIR}/${name}`, {});
  for (const { relPath, sizeBytes } of files) notes.set(relPath, { sizeBytes });
  for (const { relPath, sizeBytes, crc32c } of varve?.files ?? [])
    notes.set(relPath, { sizeBytes, crc32c: Number.parseInt(crc32c, 16) });
  // Itself is there, or it could not be read; tombstones may have come or gone since.
  for (const name of [META_FILE, TOMBSTONES_FILE]) notes.delete(name);
  if (!notes.has(INDEX_FILE)) notes.set(INDEX_FILE, {});
  return notes;
}

function labelsMatch(compiled: ReturnType<typeof compileMatchers>): (labels: Labels) => boolean {
  return (labels) =>
    compiled.every(({ name, matches }) => {
      const wanted = Buffer.from(name).toString('utf8');
      return matches(Buffer.from(labelValue(labels, wanted)));
    });
}

/** The blocks in `dir`, or the block that `dir` is, oldest first. */
function localBlocks(
  disk: Disk,
  dir: string,
  {
    labels,
    onDamaged,
  }: { readonly labels: Labels; readonly onDamaged: (path: string, error: Error) => void },
): readonly LocalToUpload[] {
  const path = dir.length > 1 ? dir.replace(/\/+$/, '') : dir;
  if (disk.stat(path)?.isDirectory !== true)
    throw new VarveError('not_found', `there is no directory ${path}`);
  const cut = path.lastIndexOf('/');
  const only = parseBlockDirName(path.slice(cut + 1));
  const parent = only === undefined ? path : path.slice(0, Math.max(cut, 0)) || '.';
  const known = new Map();
  const at = {
    disk,
    dir: parent,
    labels,
    known,
    onDamaged,
    firstSegment: Number.POSITIVE_INFINITY,
  };
  return listLocalBlocks(at)
    .filter(({ ulid }) => only === undefined || ulid === only)
    .map((block) => ({ block, meta: readMeta(disk, block.dir) }))
    .sort(
      (a, b) => a.block.minTimeMs - b.block.minTimeMs || (a.block.ulid < b.block.ulid ? -1 : 1),
    );
}
