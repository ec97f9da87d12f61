// Blocks of one group (labels and resolution) that share times or were made from the same blocks.

import { createHash } from 'node:crypto';
import { labelsText } from '../base/model/labels.ts';
import type { BlockMeta } from '../block/meta/format.ts';
import { META_FILE } from '../block/paths.ts';
import type { Finding } from '../block/verify/findings.ts';

/** Pairs of overlapping blocks that are told. */
const OVERLAPS_MAX = 20;

/** What is kept of a block to compare it with others. */
export interface ComparedBlock {
  /** Its name where it lies: a directory, a ULID. */
  readonly name: string;
  readonly minTimeMs: number;
  readonly maxTimeMs: number;
  /** Labels and resolution, as a digest. */
  readonly group: string;
  /** The blocks that it was made from, as a digest. */
  readonly sources: string;
}

/** Keeps little of a meta.json: a bucket has a hundred thousand. */
export function comparedBlock(name: string, meta: BlockMeta): ComparedBlock {
  const labels = labelsText(meta.thanos?.labels ?? []);
  return {
    name,
    minTimeMs: meta.minTimeMs,
    maxTimeMs: meta.maxTimeMs,
    group: digest(`${meta.thanos?.resolutionMs ?? 0} ${labels}`),
    sources: digest([...meta.compaction.sources].sort().join()),
  };
}

/** Blocks of one group that share times: late blocks do, and others should not. */
export function* overlaps(blocks: readonly ComparedBlock[]): Generator<Finding> {
  const sorted = blocks.toSorted((a, b) => a.minTimeMs - b.minTimeMs);
  const openByGroup = new Map<string, ComparedBlock[]>();
  let told = 0;
  for (const block of sorted) {
    const open = (openByGroup.get(block.group) ?? []).filter(
      ({ maxTimeMs }) => maxTimeMs > block.minTimeMs,
    );
    const [other] = open;
    openByGroup.set(block.group, [...open, block]);
    if (other === undefined || told++ >= OVERLAPS_MAX) continue;
    const what = `its times overlap those of ${other.name}; readers take each sample once`;
    yield info(`${block.name}/${META_FILE}`, what);
  }
  if (told > OVERLAPS_MAX) yield info('', `${told - OVERLAPS_MAX} blocks more overlap others`);
}

/** Blocks of one group that were made from the same blocks: all but one are to go. */
export function* sameSources(blocks: readonly ComparedBlock[]): Generator<Finding> {
  const seen = new Map<string, ComparedBlock>();
  for (const block of blocks) {
    const key = `${block.group} ${block.sources}`;
    const other = seen.get(key);
    seen.set(key, other ?? block);
    if (other === undefined) continue;
    const what = `it was made from the same blocks as ${other.name}; compaction removes one`;
    yield info(`${block.name}/${META_FILE}`, what);
  }
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64').slice(0, 22);
}

function info(file: string, what: string): Finding {
  return { severity: 'info', file, offset: undefined, what };
}
