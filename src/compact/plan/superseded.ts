// Which blocks are garbage (DESIGN §3, Compaction): all their sources are in another block of the
// same labels and resolution; of equal sources the smallest ULID stays. By lineage, never by time.
//
// Invariant: what stands in for a block is sound and is itself garbage of none.

import type { ViewedBlock } from '../../bucket/block-view.ts';
import { isSetAside, sourcesOf } from './soundness.ts';

/**
 * For each block of one group that is garbage, by ULID, the block that stands in for it: the one
 * with the most sources. Blocks with deletion marks must not be among them.
 */
export function supersededBy(blocks: readonly ViewedBlock[]): Map<string, ViewedBlock> {
  const best = blocks.filter((block) => !isSetAside(block)).sort(byWorth);
  const holders = new SourceHolders(best);
  const sets = new SourceSets();
  const found = new Map<string, ViewedBlock>();
  for (const block of blocks) {
    const heir = fewestHolders(block, holders).find((other) => replaces(other, block, sets));
    if (heir !== undefined) found.set(block.ulid, heir);
  }
  return found;
}

/** The sound block of `blocks` that holds all of `block`, which need not be one of them. */
export function heirOf(
  block: ViewedBlock,
  holdersOf: (source: string) => readonly ViewedBlock[],
): ViewedBlock | undefined {
  const sources = sourcesOf(block);
  const [first = ''] = sources;
  return holdersOf(first).find((other) => {
    if (other.ulid === block.ulid) return false;
    const held = new Set(sourcesOf(other));
    return sources.every((source) => held.has(source));
  });
}

/** Most sources first, then the smallest ULID: the first that replaces a block is the last heir. */
function byWorth(a: ViewedBlock, b: ViewedBlock): number {
  return sourcesOf(b).length - sourcesOf(a).length || (a.ulid < b.ulid ? -1 : 1);
}

const NO_BLOCKS: readonly ViewedBlock[] = [];

/** Blocks by each of their sources. */
export class SourceHolders {
  readonly #first = new Map<string, ViewedBlock>();
  /** Of sources that several hold: most are held by one, for which a list would be dear. */
  readonly #several = new Map<string, ViewedBlock[]>();

  constructor(blocks: readonly ViewedBlock[]) {
    for (const block of blocks) {
      for (const source of sourcesOf(block)) this.#add(source, block);
    }
  }

  #add(source: string, block: ViewedBlock): void {
    const first = this.#first.get(source);
    if (first === undefined) {
      this.#first.set(source, block);
      return;
    }
    const several = this.#several.get(source);
    if (several === undefined) this.#several.set(source, [first, block]);
    else several.push(block);
  }

  /** Who holds it, in the order of the blocks. */
  of(source: string): readonly ViewedBlock[] {
    const several = this.#several.get(source);
    if (several !== undefined) return several;
    const first = this.#first.get(source);
    return first === undefined ? NO_BLOCKS : [first];
  }
}

/** An heir holds every source, so it is among the holders of the one that the fewest hold. */
function fewestHolders(block: ViewedBlock, holders: SourceHolders): readonly ViewedBlock[] {
  let fewest: readonly ViewedBlock[] | undefined;
  for (const source of sourcesOf(block)) {
    const some = holders.of(source);
    if (fewest === undefined || some.length < fewest.length) fewest = some;
    if (fewest.length <= 1) break;
  }
  return fewest ?? NO_BLOCKS;
}

function replaces(other: ViewedBlock, block: ViewedBlock, sets: SourceSets): boolean {
  if (other.ulid === block.ulid) return false;
  const sources = sourcesOf(block);
  const more = sourcesOf(other).length - sources.length;
  if (more < 0 || (more === 0 && other.ulid > block.ulid && !isSetAside(block))) return false;
  const held = sets.of(other);
  return sources.every((source) => held.has(source));
}

/** The sources of blocks as sets, each made once. */
class SourceSets {
  readonly #sets = new Map<string, ReadonlySet<string>>();

  of(block: ViewedBlock): ReadonlySet<string> {
    const known = this.#sets.get(block.ulid);
    if (known !== undefined) return known;
    const made = new Set(sourcesOf(block));
    this.#sets.set(block.ulid, made);
    return made;
  }
}
