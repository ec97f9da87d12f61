// What the pieces of an archive say together of each stream. Pure.

import type { ArchivedBlock, PieceStream } from '../archive/format.ts';
import type { FetchedPiece } from './fetch-piece.ts';

/** Bytes of a file that were brought, in order, without overlaps. */
export type Ranges = readonly { readonly from: number; readonly to: number }[];

/** One stream. */
export interface GatheredStream {
  readonly name: string;
  /** As the newest piece with anything of it has them. */
  readonly labels: PieceStream['labels'];
  readonly streamFile: string | undefined;
  readonly origin: string;
  readonly foreignUploaded: boolean;
  /** This checkpoint stands for all before it. */
  readonly base: number;
  /** Every block that any piece names; `uploaded` when any says so. */
  readonly blocks: readonly ArchivedBlock[];
  /** Sizes of the files of each checkpoint. */
  readonly checkpointSizes: ReadonlyMap<number, readonly number[]>;
  /** Files of checkpoints by `fileKey`, and segments. */
  readonly files: ReadonlyMap<string, Ranges>;
  readonly segments: readonly number[];
}

/** Names a file of a checkpoint or a segment. */
export function fileKey(checkpoint: number | undefined, segment: number): string {
  return checkpoint === undefined ? `${segment}` : `${checkpoint}/${segment}`;
}

/** @param pieces from the oldest on */
export function gather(pieces: readonly FetchedPiece[]): readonly GatheredStream[] {
  const byName = new Map<string, [PieceStream, FetchedPiece][]>();
  for (const piece of pieces)
    for (const stream of piece.header?.streams ?? []) {
      const entries = byName.get(stream.name) ?? [];
      byName.set(stream.name, entries);
      entries.push([stream, piece]);
    }
  return [...byName.values()].flatMap((entries) => {
    const last = entries.at(-1);
    return last === undefined ? [] : [gatherOne(last[0], entries)];
  });
}

function gatherOne(
  { foreignUploaded, labels, name, origin, streamFile }: PieceStream,
  entries: readonly [PieceStream, FetchedPiece][],
): GatheredStream {
  const blocks = new Map<string, ArchivedBlock>();
  const checkpointSizes = new Map<number, readonly number[]>();
  const files = new Map<string, { from: number; to: number }[]>();
  const segments = new Set<number>();
  for (const [stream, { parts }] of entries) {
    const { checkpoint } = stream;
    if (checkpoint !== undefined) checkpointSizes.set(checkpoint.number, checkpoint.sizes);
    for (const block of stream.blocks) {
      const uploaded = block.uploaded || blocks.get(block.ulid)?.uploaded === true;
      blocks.set(block.ulid, { ...block, uploaded });
    }
    for (const part of stream.parts) {
      if (!parts.has(part)) continue;
      const key = fileKey(part.checkpoint, part.segment);
      const ranges = files.get(key) ?? [];
      files.set(key, ranges);
      ranges.push(part);
      if (part.checkpoint === undefined) segments.add(part.segment);
    }
  }
  return {
    name,
    labels,
    streamFile,
    origin,
    foreignUploaded,
    base: baseOf(entries),
    blocks: [...blocks.values()],
    checkpointSizes,
    files: new Map([...files].map(([key, ranges]) => [key, joined(ranges)])),
    segments: [...segments].sort((a, b) => a - b),
  };
}

/**
 * A piece that came over damaged was sent once more, and the older ones stayed until then: its word
 * that they are not needed counts only where no whole piece says anything.
 */
function baseOf(entries: readonly [PieceStream, FetchedPiece][]): number {
  const whole = entries.filter(([, { faults }]) => faults.length === 0);
  const bases = (whole.length > 0 ? whole : entries).map(([{ base }]) => base);
  return bases.reduce((most, base) => Math.max(most, base), -1);
}

/** Is all of the checkpoint there? */
export function hasCheckpoint({ checkpointSizes, files }: GatheredStream, number: number): boolean {
  const sizes = checkpointSizes.get(number);
  if (sizes === undefined) return false;
  return sizes.every((size, file) => {
    const ranges = files.get(fileKey(number, file)) ?? [];
    const [only] = ranges;
    return size === 0 || (ranges.length === 1 && only?.from === 0 && only.to >= size);
  });
}

/** In order, those that touch made one. */
function joined(ranges: readonly { from: number; to: number }[]): Ranges {
  const all: { from: number; to: number }[] = [];
  for (const { from, to } of [...ranges].sort((a, b) => a.from - b.from || a.to - b.to)) {
    const before = all.at(-1);
    if (before !== undefined && from <= before.to) before.to = Math.max(before.to, to);
    else all.push({ from, to });
  }
  return all;
}
