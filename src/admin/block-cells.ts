// What a table of blocks shows of each, for the tools that list those of a directory or a bucket.

import { labelsText } from '../base/model/labels.ts';
import { durationText, timeText } from '../base/model/time-text.ts';
import type { BlockMeta } from '../block/meta/format.ts';

/** The heads of `blockCells`. */
export const BLOCK_HEADS: readonly string[] = [
  'BLOCK ULID',
  'MIN TIME',
  'MAX TIME',
  'DURATION',
  'SAMPLES',
  'CHUNKS',
  'SERIES',
  'SIZE',
  'LEVEL',
  'RESOLUTION',
  'LABELS',
];

/** What its meta.json says of a block, and its size in bytes. */
export function blockCells(meta: BlockMeta, sizeBytes: number): readonly string[] {
  const resolutionMs = meta.thanos?.resolutionMs ?? 0;
  return [
    meta.ulid,
    timeText(meta.minTimeMs),
    timeText(meta.maxTimeMs),
    durationText(meta.maxTimeMs - meta.minTimeMs),
    String(meta.stats.numSamples),
    String(meta.stats.numChunks),
    String(meta.stats.numSeries),
    String(sizeBytes),
    String(meta.compaction.level),
    resolutionMs === 0 ? 'raw' : durationText(resolutionMs),
    labelsText(meta.thanos?.labels ?? []),
  ];
}
