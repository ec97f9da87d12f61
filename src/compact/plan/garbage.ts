// Which blocks of a bucket are garbage, by the one rule of superseded.ts, for whoever reads what
// compaction works on: `select`, the view's filter, tools. Pure.
//
// A block with a deletion mark makes none: it goes, and what is in it must stay.

import type { ViewedBlock } from '../../bucket/block-view.ts';
import { familiesOf, familyWith, layersOf } from './families.ts';
import { heirOf, supersededBy } from './superseded.ts';

/** Of each garbage block its ULID, with the ULID of the block that holds all of it. */
export function garbageOf(
  blocks: readonly ViewedBlock[],
  replicaLabels: readonly string[],
): ReadonlyMap<string, string> {
  const garbage = new Map<string, string>();
  for (const family of familiesOf(blocks, replicaLabels)) {
    const unmarked = familyWith(family, ({ marks }) => marks.deletion === undefined);
    for (const { blocks: layer } of layersOf(unmarked))
      for (const [ulid, heir] of supersededBy(layer)) garbage.set(ulid, heir.ulid);
    const current = layersOf(familyWith(unmarked, ({ ulid }) => !garbage.has(ulid)));
    for (const [at, { blocks: layer }] of layersOf(family).entries()) {
      for (const block of layer) {
        if (block.marks.deletion === undefined) continue;
        const heir = heirOf(block, current.at(at)?.holdersOf ?? (() => []));
        if (heir !== undefined) garbage.set(block.ulid, heir.ulid);
      }
    }
  }
  return garbage;
}
