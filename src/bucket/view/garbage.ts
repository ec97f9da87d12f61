// Which blocks are garbage: all their sources are in one other block of the same group (labels
// without replica labels, and resolution). Of blocks with equal sources the smallest ULID stays
// (DESIGN §3; thanos pkg/block/fetcher.go, DefaultDeduplicateFilter). Pure.
//
// Invariants: several blocks together make no garbage. The block named for a garbage one is no
// garbage itself. A block with a deletion mark makes none: it goes, and what is in it must stay.
// The outcome does not depend on the order of the blocks.
//
// A block is looked up by the one of its sources that the fewest blocks have, so that 20,000 blocks
// are some 100,000 comparisons, and not 20,000 times 20,000.

import type { ViewedBlock } from '../block-view.ts';

type Lineage = Pick<ViewedBlock, 'ulid' | 'labels' | 'resolutionMs' | 'sources' | 'marks'>;

/** Of each garbage block its ULID, with the ULID of the block that holds all of it. */
export function garbageIn(
  blocks: readonly Lineage[],
  replicaLabels: readonly string[],
): ReadonlyMap<string, string> {
  const replicas = new Set(replicaLabels);
  const groups = new Map<string, Lineage[]>();
  for (const block of blocks) {
    const key = groupOf(block, replicas);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [block]);
    else group.push(block);
  }
  const garbage = new Map<string, string>();
  for (const group of groups.values()) findGarbage(group, garbage);
  return garbage;
}

function groupOf({ labels, resolutionMs }: Lineage, replicas: ReadonlySet<string>): string {
  const kept = labels.filter(({ name }) => !replicas.has(name));
  return JSON.stringify([resolutionMs, ...kept.map(({ name, value }) => [name, value])]);
}

/** A block that may hold others. */
interface Holder {
  readonly ulid: string;
  readonly sources: ReadonlySet<string>;
}

function findGarbage(group: readonly Lineage[], garbage: Map<string, string>): void {
  const largestFirst = [...group].sort(
    (a, b) => b.sources.length - a.sources.length || (a.ulid < b.ulid ? -1 : 1),
  );
  // By source, largest first: what holds a holder stands before it, so it is found instead of it.
  const bySource = new Map<string, Holder[]>();
  for (const { ulid, sources, marks } of largestFirst) {
    if (marks.deletion !== undefined) continue;
    const holder: Holder = { ulid, sources: new Set(sources) };
    for (const source of sources) {
      const holders = bySource.get(source);
      if (holders === undefined) bySource.set(source, [holder]);
      else holders.push(holder);
    }
  }
  for (const block of group) {
    const holder = holderOf(block, bySource);
    if (holder !== undefined) garbage.set(block.ulid, holder.ulid);
  }
}

function holderOf(
  { ulid, sources, marks }: Lineage,
  bySource: ReadonlyMap<string, readonly Holder[]>,
): Holder | undefined {
  let fewest: readonly Holder[] | undefined;
  for (const source of sources) {
    const holders = bySource.get(source) ?? [];
    if (fewest === undefined || holders.length < fewest.length) fewest = holders;
  }
  return fewest?.find((holder) => {
    if (holder.ulid === ulid || holder.sources.size < sources.length) return false;
    const isEqual = holder.sources.size === sources.length;
    if (isEqual && marks.deletion === undefined && holder.ulid > ulid) return false;
    return sources.every((source) => holder.sources.has(source));
  });
}
