// Bytes of a meta.json → BlockMeta, with everything checked that others rely on
// (docs/formats/meta.md).

import { VarveError } from '../../base/errors/varve-error.ts';
import { labelsOf } from '../../base/model/labels.ts';
import { isUlid } from '../../base/model/ulid.ts';
import { Fields } from './fields.ts';
import {
  type BlockCompaction,
  type BlockFileEntry,
  type BlockMeta,
  type BlockStats,
  META_BYTES_MAX,
  META_VERSION,
  type RepairNote,
  THANOS_VERSION,
  type ThanosMeta,
  type VarveExtension,
  type WalNote,
} from './format.ts';
import { parseJson } from './json.ts';

/** Of two ULIDs that should be the same. */
const DIGITS_OF_DAMAGE = 2;

const UTF8 = new TextDecoder('utf-8', { fatal: true });

/** Parses a meta.json; `file` names it in errors, which are `damaged_block`. */
export function parseMeta(bytes: Uint8Array, file: string): BlockMeta {
  if (bytes.length > META_BYTES_MAX)
    throw new VarveError('damaged_block', `${file} has ${bytes.length} bytes`);
  const json = parseJson(textOf(bytes, file), file);
  const fields = new Fields(json, file);
  checkVersion(fields.whole('version', 0), META_VERSION, file);
  const meta: BlockMeta = {
    ulid: ulid(fields, 'ulid'),
    minTimeMs: fields.whole('minTime'),
    maxTimeMs: fields.whole('maxTime'),
    stats: stats(fields),
    compaction: compaction(fields),
    thanos: fields.has('thanos') ? thanos(fields, file) : undefined,
    rest: json instanceof Map ? json : undefined,
  };
  if (meta.maxTimeMs < meta.minTimeMs) throw fields.damaged('maxTime', 'after minTime');
  return meta;
}

function textOf(bytes: Uint8Array, file: string): string {
  try {
    return UTF8.decode(bytes);
  } catch (thrown) {
    throw new VarveError('damaged_block', `${file} is not UTF-8`, { cause: thrown });
  }
}

function checkVersion(version: number, known: number, what: string): void {
  if (version !== known)
    throw new VarveError('damaged_block', `${what}: version ${version} is not known`);
}

function ulid(fields: Fields, key: string): string {
  const text = fields.text(key);
  if (!isUlid(text)) throw fields.damaged(key, 'a ULID');
  return text;
}

function stats(fields: Fields): BlockStats {
  const from = fields.has('stats') ? fields.object('stats') : new Fields(new Map(), '');
  return {
    numSamples: from.count('numSamples'),
    numFloatSamples: from.count('numFloatSamples'),
    numHistogramSamples: from.count('numHistogramSamples'),
    numSeries: from.count('numSeries'),
    numChunks: from.count('numChunks'),
    numTombstones: from.count('numTombstones'),
  };
}

function compaction(fields: Fields): BlockCompaction {
  const from = fields.object('compaction');
  const sources = from.texts('sources');
  if (!sources.every(isUlid)) throw from.damaged('sources', 'a list of ULIDs');
  return {
    level: from.count('level'),
    sources,
    deletable: from.flag('deletable'),
    failed: from.flag('failed'),
    hints: from.texts('hints'),
    parents: from.objects('parents').map((parent) => ({
      ulid: ulid(parent, 'ulid'),
      minTimeMs: parent.whole('minTime'),
      maxTimeMs: parent.whole('maxTime'),
    })),
  };
}

function thanos(block: Fields, file: string): ThanosMeta {
  const fields = block.object('thanos');
  checkVersion(fields.whole('version', 0) || THANOS_VERSION, THANOS_VERSION, `${file}, thanos`);
  const indexStats = fields.has('index_stats') ? fields.object('index_stats') : undefined;
  const extensions = fields.has('extensions') ? fields.object('extensions') : undefined;
  return {
    labels: fields.has('labels') ? labelsOf(fields.object('labels').textEntries()) : [],
    resolutionMs: fields.has('downsample') ? fields.object('downsample').count('resolution') : 0,
    source: fields.text('source', ''),
    segmentFiles: fields.texts('segment_files'),
    files: fields.objects('files').map(fileEntry),
    seriesBytesMax: indexStats?.count('series_max_size') ?? 0,
    chunkBytesMax: indexStats?.count('chunk_max_size') ?? 0,
    ...(extensions?.has('varve') === true
      ? varveOf(ulid(block, 'ulid'), extensions.object('varve'))
      : {}),
  };
}

/** The extension, unless it is about another block than the one that it stands in. */
function varveOf(block: string, fields: Fields): Pick<ThanosMeta, 'varve' | 'copiedVarveOf'> {
  const of = fields.has('ulid') ? ulid(fields, 'ulid') : undefined;
  return of !== undefined && isAnother(of, block)
    ? { copiedVarveOf: of }
    : { varve: varve(fields, of) };
}

/** A digit or two that differ are damage, for the digest to find: blocks have random ULIDs. */
function isAnother(of: string, block: string): boolean {
  return [...of].filter((digit, at) => digit !== block[at]).length > DIGITS_OF_DAMAGE;
}

function fileEntry(fields: Fields): BlockFileEntry {
  const hash = fields.has('hash') ? fields.object('hash') : undefined;
  return {
    relPath: fields.text('rel_path'),
    sizeBytes: fields.has('size_bytes') ? fields.count('size_bytes') : undefined,
    sha256: hash?.text('func', '') === 'SHA256' ? hash.text('value') : undefined,
  };
}

function varve(fields: Fields, of: string | undefined): VarveExtension {
  return {
    ulid: of,
    wal: fields.has('wal') ? walNote(fields.object('wal')) : undefined,
    repair: fields.has('repair') ? repairNote(fields.object('repair')) : undefined,
    files: fields.objects('files').map((file) => ({
      relPath: file.text('rel_path'),
      sizeBytes: file.count('size_bytes'),
      crc32c: file.text('crc32c'),
      sha256: file.text('sha256'),
    })),
    digest: fields.has('digest') ? fields.text('digest') : undefined,
  };
}

function repairNote(fields: Fields): RepairNote {
  return {
    of: ulid(fields, 'of'),
    lostSeries: fields.count('lost_series'),
    lostChunks: fields.count('lost_chunks'),
  };
}

function walNote(fields: Fields): WalNote {
  const earlier = fields.objects('earlier').map((block) => ({
    ulid: ulid(block, 'ulid'),
    minTimeMs: block.whole('minTime'),
    maxTimeMs: block.whole('maxTime'),
    position: { segment: block.count('segment'), offset: block.count('offset') },
  }));
  return {
    segment: fields.count('segment'),
    offset: fields.count('offset'),
    log: fields.has('log') ? fields.text('log') : undefined,
    checkpoint: fields.has('checkpoint') ? fields.whole('checkpoint') : undefined,
    earlier: earlier.length === 0 ? undefined : earlier,
  };
}
