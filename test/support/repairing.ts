// Repairs of blocks in the bucket of a MergeTestWorld, as `varve bucket verify --repair` does them.

import { UlidMaker } from '../../src/base/model/ulid.ts';
import { collect } from '../../src/base/runtime/file-pieces.ts';
import type { BlockMeta } from '../../src/block/meta/format.ts';
import { parseMeta } from '../../src/block/meta/parse.ts';
import { setMark } from '../../src/bucket/marks/writer.ts';
import type { Repaired } from '../../src/compact/repair/repair-in-bucket.ts';
import { type RepairsWorld, repairer } from '../../src/repair-parts.ts';
import type { MergeTestWorld } from './merge-world.ts';
import { SeededRandom } from './seeded-random.ts';

/** Repairs the block that `meta` is of. */
export function repairOf(
  world: MergeTestWorld,
  meta: BlockMeta,
  more: Partial<RepairsWorld> = {},
): Promise<Repaired> {
  const { bucket, clock, disk } = world;
  const random = new SeededRandom(7);
  const repair = repairer({
    ...{ bucket, clock, disk, random, timers: clock, workDir: '/work/repair', holder: 'test' },
    ulids: new UlidMaker(clock, random),
    signal: new AbortController().signal,
    ...{ replicaLabels: [], isDry: false, err: () => undefined },
    mark: (ulid, reason, details) => {
      const mark = { ulid, timeMs: clock.nowMs(), reason, details };
      return setMark(bucket, { name: 'deletion-mark.json', mark }, { isConditional: true });
    },
    ...more,
  });
  return repair({ meta, what: 'index, byte 5: it is damaged' });
}

/** The meta.json of a block in the bucket. */
export async function metaIn(world: MergeTestWorld, ulid: string): Promise<BlockMeta> {
  const key = `${ulid}/meta.json`;
  return parseMeta(await collect(world.bucket.get(key), 2 ** 20, key), key);
}
