// BlockMeta → bytes of a meta.json, laid out as Thanos and Prometheus print theirs, with what was
// read and is not ours kept in its place (docs/formats/meta.md).

import { createHash } from 'node:crypto';
import type { Labels } from '../../base/model/labels.ts';
import {
  type BlockFileEntry,
  type BlockMeta,
  META_VERSION,
  type RepairNote,
  type ThanosMeta,
  type VarveExtension,
  type WalNote,
} from './format.ts';
import { JsonNumber, type JsonObject, type JsonValue, printJson } from './json.ts';

/** Keys that this program knows, by the path of their object; all others are kept as they were. */
const KNOWN = new Map<string, readonly string[]>([
  ['', ['ulid', 'minTime', 'maxTime', 'stats', 'compaction', 'version', 'thanos']],
  [
    '.stats',
    [
      'numSamples',
      'numFloatSamples',
      'numHistogramSamples',
      'numSeries',
      'numChunks',
      'numTombstones',
    ],
  ],
  ['.compaction', ['level', 'sources', 'deletable', 'parents', 'failed', 'hints']],
  [
    '.thanos',
    ['labels', 'downsample', 'source', 'segment_files', 'files', 'index_stats', 'extensions'],
  ],
  ['.thanos.downsample', ['resolution']],
  ['.thanos.index_stats', ['series_max_size', 'chunk_max_size']],
  ['.thanos.extensions', ['varve']],
]);

/** Prints `meta`; when Varve's extension is in it, with a digest of the result. */
export function printMeta(meta: BlockMeta): Uint8Array {
  const { thanos, ulid } = meta;
  if (thanos?.varve === undefined) return Buffer.from(textOf(meta, ''));
  const own = { ...meta, thanos: { ...thanos, varve: { ...thanos.varve, ulid } } };
  return Buffer.from(textOf(own, sha256(textOf(own, ''))));
}

/**
 * Are `bytes`, from which `meta` was parsed, as Varve printed them? Undefined when they carry no
 * digest.
 */
export function digestHolds(bytes: Uint8Array, meta: BlockMeta): boolean | undefined {
  const digest = meta.thanos?.varve?.digest;
  if (digest === undefined) return undefined;
  const printed = Buffer.from(textOf(meta, digest));
  return sha256(textOf(meta, '')) === digest && Buffer.compare(printed, bytes) === 0;
}

function textOf(meta: BlockMeta, digest: string): string {
  const fresh = metaObject(meta, digest);
  const json = meta.rest === undefined ? fresh : merged(fresh, meta.rest, '');
  // Prometheus ends the file without a newline, Thanos with one.
  return printJson(json) + (meta.thanos === undefined ? '' : '\n');
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function metaObject(meta: BlockMeta, digest: string): JsonObject {
  const { stats, compaction } = meta;
  const parents = compaction.parents.map((parent) =>
    object(
      ['ulid', parent.ulid],
      ['minTime', whole(parent.minTimeMs)],
      ['maxTime', whole(parent.maxTimeMs)],
    ),
  );
  return object(
    ['ulid', meta.ulid],
    ['minTime', whole(meta.minTimeMs)],
    ['maxTime', whole(meta.maxTimeMs)],
    [
      'stats',
      object(
        ['numSamples', nonZero(stats.numSamples)],
        ['numFloatSamples', nonZero(stats.numFloatSamples)],
        ['numHistogramSamples', nonZero(stats.numHistogramSamples)],
        ['numSeries', nonZero(stats.numSeries)],
        ['numChunks', nonZero(stats.numChunks)],
        ['numTombstones', nonZero(stats.numTombstones)],
      ),
    ],
    [
      'compaction',
      object(
        ['level', whole(compaction.level)],
        ['sources', nonEmpty(compaction.sources)],
        ['deletable', compaction.deletable || undefined],
        ['parents', nonEmpty(parents)],
        ['failed', compaction.failed || undefined],
        ['hints', nonEmpty(compaction.hints)],
      ),
    ],
    ['version', whole(META_VERSION)],
    ['thanos', meta.thanos && thanosObject(meta.thanos, digest)],
  );
}

function thanosObject(thanos: ThanosMeta, digest: string): JsonObject {
  return object(
    ['labels', labelsObject(thanos.labels)],
    ['downsample', object(['resolution', whole(thanos.resolutionMs)])],
    ['source', thanos.source],
    ['segment_files', nonEmpty(thanos.segmentFiles)],
    ['files', nonEmpty(thanos.files.map(fileObject))],
    [
      'index_stats',
      object(
        ['series_max_size', nonZero(thanos.seriesBytesMax)],
        ['chunk_max_size', nonZero(thanos.chunkBytesMax)],
      ),
    ],
    ['extensions', thanos.varve && object(['varve', varveObject(thanos.varve, digest)])],
  );
}

function fileObject(file: BlockFileEntry): JsonObject {
  const hash = file.sha256 && object(['func', 'SHA256'], ['value', file.sha256]);
  return object(
    ['rel_path', file.relPath],
    ['size_bytes', nonZero(file.sizeBytes ?? 0)],
    ['hash', hash || undefined],
  );
}

function varveObject(varve: VarveExtension, digest: string): JsonObject {
  const files = varve.files.map((file) =>
    object(
      ['rel_path', file.relPath],
      ['size_bytes', whole(file.sizeBytes)],
      ['crc32c', file.crc32c],
      ['sha256', file.sha256],
    ),
  );
  return object(
    ['ulid', varve.ulid],
    ['wal', varve.wal && walObject(varve.wal)],
    ['repair', varve.repair && repairObject(varve.repair)],
    ['files', files],
    ['digest', digest],
  );
}

function repairObject({ lostChunks, lostSeries, of }: RepairNote): JsonObject {
  return object(['of', of], ['lost_series', whole(lostSeries)], ['lost_chunks', whole(lostChunks)]);
}

function walObject({ checkpoint, earlier = [], log, offset, segment }: WalNote): JsonObject {
  const blocks = earlier.map(({ maxTimeMs, minTimeMs, position, ulid }) =>
    object(
      ['ulid', ulid],
      ['minTime', whole(minTimeMs)],
      ['maxTime', whole(maxTimeMs)],
      ['segment', whole(position.segment)],
      ['offset', whole(position.offset)],
    ),
  );
  return object(
    ['segment', whole(segment)],
    ['offset', whole(offset)],
    ['log', log],
    ['checkpoint', checkpoint === undefined ? undefined : whole(checkpoint)],
    ['earlier', nonEmpty(blocks)],
  );
}

function labelsObject(labels: Labels): JsonObject {
  return new Map(labels.map(({ name, value }) => [name, value]));
}

/** `fresh` in the order of `old`, with the keys of `old` that this program does not know. */
function merged(fresh: JsonObject, old: JsonObject, path: string): JsonObject {
  const known = KNOWN.get(path);
  if (known === undefined) return fresh;
  const result: JsonObject = new Map();
  for (const [key, value] of old) {
    const ours = fresh.get(key);
    if (ours !== undefined) {
      const both = ours instanceof Map && value instanceof Map;
      result.set(key, both ? merged(ours, value, `${path}.${key}`) : ours);
    } else if (!known.includes(key)) result.set(key, value);
  }
  for (const [key, value] of fresh) if (!result.has(key)) result.set(key, value);
  return result;
}

function object(...entries: readonly [string, JsonValue | undefined][]): JsonObject {
  const result: JsonObject = new Map();
  for (const [key, value] of entries) if (value !== undefined) result.set(key, value);
  return result;
}

function whole(value: number): JsonNumber {
  return new JsonNumber(String(value));
}

// Go leaves out zeros and empty lists where a field says `omitempty`.
function nonZero(value: number): JsonNumber | undefined {
  return value === 0 ? undefined : whole(value);
}

function nonEmpty(list: readonly JsonValue[]): readonly JsonValue[] | undefined {
  return list.length === 0 ? undefined : list;
}
