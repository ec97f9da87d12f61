// Damaged sources among healthy ones: a merge names the block and makes nothing, or the damage had
// no meaning and the result holds the same samples. MERGE_DAMAGE_RUNS changes how many.

import { expect, test } from 'vitest';
import { collect } from '../../../src/base/runtime/file-pieces.ts';
import { parseMeta } from '../../../src/block/meta/parse.ts';
import { printMeta } from '../../../src/block/meta/print.ts';
import { MergeTestWorld, RESULT_ULID, taskOf } from '../../support/merge-world.ts';
import { randomBlocks } from '../../support/random-blocks.ts';
import { SeededRandom } from '../../support/seeded-random.ts';

const RUNS = Number(process.env.MERGE_DAMAGE_RUNS ?? 300);
/** Seeds per set of blocks: making them costs more than damaging them. */
const PER_SET = 20;

/** Changes bytes, cuts the end off, adds some, takes a stretch out, or takes all away. */
function damaged(bytes: Uint8Array, random: SeededRandom): Uint8Array | undefined {
  const copy = bytes.slice();
  const at = random.between(0, bytes.length);
  switch (random.between(0, 6)) {
    case 0:
      return bytes.subarray(0, at);
    case 1:
      return Buffer.concat([bytes, random.bytes(random.between(1, 40))]);
    case 2:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + random.between(1, 9))]);
    case 3:
      return undefined;
    case 4:
      copy.set(random.bytes(Math.min(8, bytes.length - at)), at);
      return copy;
    default:
      copy[at] = (copy[at] ?? 0) ^ (1 << random.between(0, 8));
      return copy;
  }
}

/** The blocks as another maker would have written them: without Varve's checksums. */
async function makeForeign(world: MergeTestWorld, ulid: string): Promise<void> {
  const key = `${ulid}/meta.json`;
  const { rest, thanos, ...meta } = parseMeta(
    await collect(world.bucket.get(key), 2 ** 20, key),
    'm',
  );
  await world.put(key, printMeta(meta));
}

test.each([false, true])(
  'bytes flipped, cut, added or taken away; foreign: %s',
  async (isForeign) => {
    let found = 0;
    for (let seed = 0; seed < RUNS / 2; seed += PER_SET) {
      const world = new MergeTestWorld();
      const { metas, union } = await randomBlocks(new SeededRandom(seed + 5000), world);
      if (metas.length === 0 || union.size === 0) continue;
      if (isForeign) for (const { ulid } of metas) await makeForeign(world, ulid);
      const keys = (await world.keys()).filter((key) => !isForeign || !key.endsWith('meta.json'));
      for (let i = 0; i < PER_SET; i++) {
        const random = new SeededRandom(seed * 1000 + i);
        const key = random.pick(keys);
        const before = await collect(world.bucket.get(key), 2 ** 30, key);
        const after = damaged(before, random);
        if (after === undefined) await world.bucket.delete(key);
        else await world.put(key, after);
        const outcome = await world.merge(taskOf(metas, { labels: [] }));
        const seen = `seed ${seed}, ${i}, ${key}: ${JSON.stringify(outcome)}`;
        if (outcome.kind === 'bad-source') {
          found++;
          expect(key.startsWith(outcome.fault.ulid), seen).toBe(true);
          expect(await world.keys(RESULT_ULID), seen).toEqual([]);
        } else if (!key.endsWith('/tombstones')) {
          // Without meaning: the result is as if nothing had been.
          expect(outcome.kind, seen).toBe('made');
          const { samples, findings } = await world.look();
          expect(findings, seen).toEqual([]);
          expect(Object.fromEntries(samples), seen).toEqual(Object.fromEntries(union));
        }
        for (const made of await world.keys(RESULT_ULID)) await world.bucket.delete(made);
        await world.put(key, before);
        expect(world.disk.stat('/work/merge'), seen).toBeUndefined();
      }
    }
    expect(found).toBeGreaterThan(RUNS / 4);
  },
  3_600_000,
);
