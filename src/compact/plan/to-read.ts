// Which blocks of a bucket a reader takes, so that each sample is read once and none is missed, at
// any moment of the work of any compactor (docs/design/0008-compactor.md, "Reading meanwhile").
// Pure.
//
// By lineage alone, as everything: a block is left out when blocks that are read hold each of its
// sources. First choice have blocks without a deletion mark and without fault, so a result takes
// the place of its sources from the moment at which it is there, whoever made it. A mark by itself
// hides nothing: what stands in for the block may be gone again, damaged, or not listed yet, and
// then the marked block is still there and is read until its meta.json goes. So is what retention
// has marked: of its resolution nothing stands in for it. One that was repaired is left out when
// what it was repaired as is read, as more of it cannot be read. Last come blocks that were set
// aside for what is wrong with them, or in which the reader has met damage: for what nobody else
// holds.
// Invariant: every source of the layer is held by a block that is read, or by one of which all that
// can be read is in a block that is read.

import type { Labels } from '../../base/model/labels.ts';
import type { ViewedBlock } from '../../bucket/block-view.ts';
import { familiesOf, layersOf } from './families.ts';
import { repairedAs } from './marked.ts';
import { isSetAside, sourcesOf } from './soundness.ts';

/** The blocks of one family to be read, at one resolution. */
export interface FamilyToRead {
  /** Without replica labels. */
  readonly labels: Labels;
  /** In order of precedence: the first choice first, then by ULID. */
  readonly blocks: readonly ViewedBlock[];
}

/** What a reader goes by. */
export interface ReadingOptions {
  /** 0, 300,000 or 3,600,000. */
  readonly resolutionMs: number;
  /** As the compactors of the bucket have it. */
  readonly replicaLabels: readonly string[];
  /** ULIDs of blocks in which damage was met. */
  readonly distrusted: ReadonlySet<string>;
}

/** What to read, in the order of the families' keys; families without such blocks are left out. */
export function blocksToRead(
  blocks: readonly ViewedBlock[],
  { resolutionMs, replicaLabels, distrusted }: ReadingOptions,
): readonly FamilyToRead[] {
  const choiceOf = (block: ViewedBlock): number => {
    if (isSetAside(block) || distrusted.has(block.ulid)) return 2;
    return block.marks.deletion === undefined ? 0 : 1;
  };
  return familiesOf(blocks, replicaLabels).flatMap((family) => {
    const layer = layersOf(family).find(({ group }) => group.resolutionMs === resolutionMs);
    const read = chosen(layer?.blocks ?? [], choiceOf);
    return read.length === 0 ? [] : [{ labels: family.labels, blocks: read }];
  });
}

interface Candidate {
  readonly block: ViewedBlock;
  readonly choice: number;
  readonly sources: readonly string[];
}

/** Goes from the best to the last, and takes what holds a source that nobody before holds. */
function chosen(
  blocks: readonly ViewedBlock[],
  choiceOf: (block: ViewedBlock) => number,
): readonly ViewedBlock[] {
  const candidates = blocks.map((block): Candidate => {
    return { block, choice: choiceOf(block), sources: sourcesOf(block) };
  });
  const held = new Set<string>();
  const taken: Candidate[] = [];
  for (const candidate of candidates.sort(byWorth)) {
    const { block, sources } = candidate;
    const made = repairedAs(block);
    if (made !== undefined && held.has(made)) continue;
    if (sources.every((source) => held.has(source))) continue;
    for (const source of sources) held.add(source);
    taken.push(candidate);
  }
  return taken.sort((a, b) => a.choice - b.choice || byUlid(a, b)).map(({ block }) => block);
}

/** Of one choice the most sources first; of as many the smallest ULID, as plans have it. */
function byWorth(a: Candidate, b: Candidate): number {
  return a.choice - b.choice || b.sources.length - a.sources.length || byUlid(a, b);
}

function byUlid(a: Candidate, b: Candidate): number {
  return a.block.ulid < b.block.ulid ? -1 : 1;
}
