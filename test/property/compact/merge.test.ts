// Merged is the union: random sets of blocks, merged in one go and in two. MERGE_RUNS changes how
// many.

import { expect, test } from 'vitest';
import { MergeTestWorld, taskOf } from '../../support/merge-world.ts';
import { randomBlocks } from '../../support/random-blocks.ts';
import { SeededRandom } from '../../support/seeded-random.ts';

const RUNS = Number(process.env.MERGE_RUNS ?? 60);
const FIRST_ULID = '01M8ZZZZZZZZZZZZZZZZZZZZZZ';

test(
  'merged is the union of the sources, whatever they are',
  async () => {
    let overlapping = 0;
    for (let seed = 0; seed < RUNS; seed++) {
      const random = new SeededRandom(seed);
      const world = new MergeTestWorld();
      const { metas, union } = await randomBlocks(random, world);
      if (metas.length === 0) continue;
      const starts = metas.map(({ minTimeMs }) => minTimeMs);
      if (new Set(starts).size < starts.length) overlapping++;
      const segmentBytes = random.pick([300, 5000, 8 << 20]);
      const options = { segmentBytesFor: () => segmentBytes };
      const outcome = await world.merge(taskOf(metas, { labels: [] }), options);
      const seen = `seed ${seed}: ${JSON.stringify(outcome)}`;
      if (union.size === 0) {
        expect(outcome.kind, seen).toBe('empty');
        expect(await world.keys('01M9'), seen).toEqual([]);
        continue;
      }
      expect(outcome.kind, seen).toBe('made');
      const { findings, samples, meta } = await world.look();
      expect(findings, seen).toEqual([]);
      expect(Object.fromEntries(samples), seen).toEqual(Object.fromEntries(union));
      expect(meta.compaction.sources, seen).toEqual(metas.map(({ ulid }) => ulid));
      expect(world.disk.stat('/work/merge'), seen).toBeUndefined();
    }
    expect(overlapping).toBeGreaterThan(RUNS / 10);
  },
  60_000 + 2_000 * RUNS,
);

test(
  'in two steps it is the same, when the blocks of the first are the older ones',
  async () => {
    for (let seed = 1000; seed < 1000 + RUNS / 3; seed++) {
      const random = new SeededRandom(seed);
      const world = new MergeTestWorld();
      const { metas, union } = await randomBlocks(random, world);
      if (metas.length < 3) continue;
      // The result has a larger ULID than all of them: it comes after what it is merged with, so the
      // two steps are one only where times are not shared. What is in any of them is there all the same.
      const some = metas.slice(0, 2);
      const first = await world.merge(taskOf(some, { labels: [], ulid: FIRST_ULID }));
      if (first.kind !== 'made') continue;
      const { meta } = await world.look(FIRST_ULID);
      const rest = [...metas.slice(2), meta];
      const outcome = await world.merge(taskOf(rest, { labels: [], level: 3 }));
      expect(outcome.kind, `seed ${seed}: ${JSON.stringify(outcome)}`).toBe('made');
      const { samples, findings } = await world.look();
      expect(findings).toEqual([]);
      expect([...samples.keys()].sort()).toEqual([...union.keys()].sort());
      for (const [name, wanted] of union) {
        const times = (samples.get(name) ?? []).map(([timeMs]) => timeMs);
        expect(times, `seed ${seed}, ${name}`).toEqual(wanted.map(([timeMs]) => timeMs));
      }
    }
  },
  60_000 + 2_000 * RUNS,
);
