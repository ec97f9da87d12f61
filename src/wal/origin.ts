// `origin.json` in a stream's directory: from which segment on the log is Varve's own, and what is
// known of the part before it, which a Prometheus wrote. docs/formats/origin.md.
//
// Written when Varve opens the directory for the first time, before anything else is done in it;
// a directory without it has not been Varve's yet. Losing it loses no sample: what is in foreign
// blocks already would be cut into blocks once more.

import { asVarveError, VarveError } from '../base/errors/varve-error.ts';
import type { Disk } from '../base/runtime/disk.ts';
import type { TimeSpan } from '../block/foreign-blocks.ts';
import { originFile } from '../block/paths.ts';
import type { CoveredRange } from './coverage.ts';
import type { LogPosition } from './log.ts';

const VERSION = 1;
/** Larger than any: one of ten thousand ranges is 400 KiB. */
const ORIGIN_BYTES_MAX = 1024 * 1024;

/** What is known of a log's beginnings. */
export interface Origin {
  /** The first segment that Varve began; all below it were another's. */
  readonly firstSegment: number;
  /** Samples in those, before this time, are in blocks; -Infinity when none is known to be. */
  readonly coveredBeforeMs: number;
  /** In these ranges also those that were late when they were logged. */
  readonly lateCovered: readonly TimeSpan[];
  /** The log holds records of deletions. */
  readonly hasDeletions: boolean;
}

/** What the origin says of the log, as if a block had been cut at its first own segment. */
export function coverageOfOrigin({ coveredBeforeMs, firstSegment }: Origin): CoveredRange[] {
  if (coveredBeforeMs === Number.NEGATIVE_INFINITY) return [];
  const position = { segment: firstSegment, offset: 0 };
  return [{ minTimeMs: Number.NEGATIVE_INFINITY, maxTimeMs: coveredBeforeMs, position }];
}

/** Is a sample that was late where it was logged in a block of late samples? */
export function coversLate(origin: Origin, at: LogPosition, timeMs: number): boolean {
  if (at.segment >= origin.firstSegment) return false;
  return origin.lateCovered.some((span) => timeMs >= span.minTimeMs && timeMs < span.maxTimeMs);
}

/** Undefined for a directory that has none. Throws `damaged_wal` for one that cannot be read. */
export function readOrigin(disk: Disk, dir: string): Origin | undefined {
  const path = originFile(dir);
  const stat = disk.stat(path);
  if (stat === undefined) return undefined;
  if (stat.isDirectory || stat.sizeBytes > ORIGIN_BYTES_MAX) throw damaged(path, 'is no such file');
  return parseOrigin(disk.readFile(path), path);
}

/** Replaces it, all or nothing, durably. */
export function writeOrigin(disk: Disk, dir: string, origin: Origin): void {
  disk.replaceFile(originFile(dir), printOrigin(origin));
}

/** The bytes of origin.json. */
export function printOrigin(origin: Origin): Uint8Array {
  const { coveredBeforeMs, firstSegment, hasDeletions, lateCovered } = origin;
  const value = {
    version: VERSION,
    firstSegment,
    coveredBefore: Number.isFinite(coveredBeforeMs) ? coveredBeforeMs : null,
    lateCovered: lateCovered.map(({ minTimeMs, maxTimeMs }) => [minTimeMs, maxTimeMs]),
    deletions: hasDeletions,
  };
  return Buffer.from(`${JSON.stringify(value, undefined, '\t')}\n`);
}

/** Parses it; `path` names it in errors, which are `damaged_wal`. */
export function parseOrigin(bytes: Uint8Array, path: string): Origin {
  const value = parseJson(bytes, path);
  if (value.version !== VERSION) throw damaged(path, 'has a version that is not known');
  const { coveredBefore, deletions, firstSegment, lateCovered } = value;
  if (!isCount(firstSegment)) throw damaged(path, 'has no number of a first segment');
  if (coveredBefore !== null && !isTime(coveredBefore)) throw damaged(path, 'has a wrong time');
  if (typeof deletions !== 'boolean') throw damaged(path, 'does not say if there are deletions');
  if (!Array.isArray(lateCovered)) throw damaged(path, 'has ranges that are not a list');
  return {
    firstSegment,
    coveredBeforeMs: coveredBefore ?? Number.NEGATIVE_INFINITY,
    lateCovered: lateCovered.map((range: unknown) => {
      const [minTimeMs, maxTimeMs]: unknown[] = Array.isArray(range) ? range : [];
      if (isTime(minTimeMs) && isTime(maxTimeMs)) return { minTimeMs, maxTimeMs };
      throw damaged(path, 'has a wrong range');
    }),
    hasDeletions: deletions,
  };
}

interface OriginFields {
  readonly version?: unknown;
  readonly firstSegment?: unknown;
  readonly coveredBefore?: unknown;
  readonly lateCovered?: unknown;
  readonly deletions?: unknown;
}

function parseJson(bytes: Uint8Array, path: string): OriginFields {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch (thrown) {
    throw damaged(path, `is not JSON: ${asVarveError(thrown).message}`);
  }
  throw damaged(path, 'is not an object');
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value);
}

function damaged(path: string, what: string): VarveError {
  return new VarveError('damaged_wal', `${path} ${what}`);
}
