// What a directory bucket shows right after a compactor was killed, and what of it may be left in
// the end. Looks at the files themselves: no listing shows what a write left that was cut off.

import { existsSync, readdirSync, readFileSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';

/** What is half done in a bucket. */
export interface HalfDone {
  /** Blocks that have no meta.json and no deletion mark: uploads that were cut off. */
  readonly uploads: readonly string[];
  /** Blocks that have no meta.json any more, and the deletion mark still. */
  readonly deletions: readonly string[];
  /** Results of merges that stand beside sources without a mark. */
  readonly unmarked: readonly string[];
  /** Receipts that were begun and not ended. */
  readonly receipts: readonly string[];
  /** Files that an interrupted write left. */
  readonly writes: readonly string[];
}

interface StoredMeta {
  readonly ulid: string;
  readonly compaction: { readonly level: number; readonly sources: readonly string[] };
  readonly thanos: {
    readonly downsample: { readonly resolution: number };
    readonly labels: Readonly<Record<string, string>>;
  };
}

const ULID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;

/** Looks at a bucket in which nobody works. */
export function halfDone(bucket: string): HalfDone {
  const blocks = readdirSync(bucket).filter((name) => ULID.test(name));
  const has = (ulid: string, name: string): boolean => existsSync(join(bucket, ulid, name));
  const partial = blocks.filter((ulid) => !has(ulid, 'meta.json'));
  const isMarked = (ulid: string): boolean => has(ulid, 'deletion-mark.json');
  return {
    uploads: partial.filter((ulid) => !isMarked(ulid)),
    deletions: partial.filter(isMarked),
    unmarked: superseded(
      blocks.filter((ulid) => !partial.includes(ulid) && !isMarked(ulid)).map(metaIn(bucket)),
    ),
    receipts: filesBelow(join(bucket, 'varve/receipts')).filter(
      (path) => path.endsWith('.json') && !isEnded(path),
    ),
    writes: filesBelow(bucket).filter((path) => path.includes('/.varve-')),
  };
}

function metaIn(bucket: string): (ulid: string) => StoredMeta {
  return (ulid) => JSON.parse(readFileSync(join(bucket, ulid, 'meta.json'), 'utf8')) as StoredMeta;
}

/** Blocks of which all sources are in another of the same labels and resolution. */
function superseded(metas: readonly StoredMeta[]): readonly string[] {
  const layer = ({ thanos }: StoredMeta): string =>
    `${thanos.downsample.resolution} ${JSON.stringify(thanos.labels)}`;
  return metas
    .filter((meta) =>
      metas.some((other) => {
        const { length } = meta.compaction.sources;
        const isMore =
          other.compaction.sources.length - length || (other.ulid < meta.ulid ? 1 : -1);
        if (other === meta || isMore < 0 || layer(other) !== layer(meta)) return false;
        return meta.compaction.sources.every((one) => other.compaction.sources.includes(one));
      }),
    )
    .map(({ ulid }) => ulid);
}

function isEnded(path: string): boolean {
  const { endedMs } = JSON.parse(readFileSync(path, 'utf8')) as { readonly endedMs: number | null };
  return endedMs !== null;
}

/** All files below a directory, hidden ones too. */
export function filesBelow(dir: string): readonly string[] {
  if (!existsSync(dir)) return [];
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Makes a directory and everything below it as old as if it had been left there so long ago. */
export function makeOld(dir: string, ageMs: number): void {
  const below = readdirSync(dir, { recursive: true, encoding: 'utf8' });
  for (const path of [...below.map((one) => join(dir, one)), dir]) {
    const seconds = (statSync(path).mtimeMs - ageMs) / 1000;
    utimesSync(path, seconds, seconds);
  }
}
