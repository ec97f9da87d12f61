// Repairs of blocks that are damaged in the ways of rows.ts, and by bytes at random: what is saved
// was there before, what is not touched is saved, what is lost is said, and the new block is whole.

import { expect, test } from 'vitest';
import { collect } from '../../../src/base/runtime/file-pieces.ts';
import { parseMeta } from '../../../src/block/meta/parse.ts';
import { printMeta } from '../../../src/block/meta/print.ts';
import { MergeTestWorld, samplesOf } from '../../support/merge-world.ts';
import { randomBlocks } from '../../support/random-blocks.ts';
import { metaIn, repairOf } from '../../support/repairing.ts';
import { SeededRandom } from '../../support/seeded-random.ts';
import { ULID } from '../../unit/block/make-block.ts';
import { putRow } from './put-row.ts';
import { ROWS } from './rows.ts';

const RUNS = Number(process.env.REPAIR_RUNS ?? 200);

test.each(ROWS)(
  '%s: what can be read is in a whole new block, or nothing is done',
  async (...row) => {
    for (const isForeign of [false, true]) {
      const world = new MergeTestWorld();
      const { meta } = await putRow(world, row, isForeign);
      const before = await world.keys();
      const done = await repairOf(world, meta);
      if (done.kind !== 'made') {
        expect((await world.keys()).filter((key) => !key.startsWith('varve/'))).toEqual(before);
        continue;
      }
      const { findings } = await world.look(done.meta.ulid);
      expect(findings).toEqual([]);
      const mark = JSON.parse(
        Buffer.from(
          await collect(world.bucket.get(`${ULID}/deletion-mark.json`), 1e4, ''),
        ).toString(),
      );
      expect(mark).toMatchObject({ id: ULID, reason: 'repaired' });
      expect(mark.details).toMatch(new RegExp(`^repaired as ${done.meta.ulid}: index, byte 5: `));
    }
  },
);

/** Flips a bit, cuts the end off, takes a stretch out, or takes all away. */
function damaged(bytes: Uint8Array, random: SeededRandom): Uint8Array | undefined {
  const copy = bytes.slice();
  const at = random.between(0, bytes.length);
  switch (random.between(0, 5)) {
    case 0:
      return bytes.subarray(0, at);
    case 1:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + random.between(1, 9))]);
    case 2:
      return random.fraction() < 0.2 ? undefined : bytes.subarray(0, bytes.length - 1);
    case 3:
      copy.set(random.bytes(Math.min(8, bytes.length - at)), at);
      return copy;
    default:
      copy[at] = (copy[at] ?? 0) ^ (1 << random.between(0, 8));
      return copy;
  }
}

test.each([false, true])(
  'bytes at random; foreign: %s',
  async (isForeign) => {
    const counts = { lossless: 0, lossy: 0, nothing: 0, refused: 0 };
    for (let seed = 0; seed < RUNS / 2; seed++) {
      const random = new SeededRandom(seed + 77_000);
      const world = new MergeTestWorld();
      const { metas } = await randomBlocks(random, world);
      if (metas.length === 0) continue;
      const { ulid } = random.pick(metas);
      const dir = await world.fetch(ulid);
      const original = samplesOf(world.disk, dir);
      if (isForeign) {
        const key = `${ulid}/meta.json`;
        const bytes = await collect(world.bucket.get(key), 2 ** 20, key);
        const { rest, thanos, ...foreign } = parseMeta(bytes, key);
        await world.put(key, printMeta(foreign));
      }
      const meta = await metaIn(world, ulid);
      const keys = (await world.keys(`${ulid}/`)).filter((one) => !one.endsWith('tombstones'));
      const key = random.pick(keys.filter((one) => !one.endsWith('meta.json')));
      const after = damaged(await collect(world.bucket.get(key), 2 ** 30, key), random);
      if (after === undefined) await world.bucket.delete(key);
      else await world.put(key, after);
      const seen = `seed ${seed}, ${key}`;

      const done = await repairOf(world, meta);
      if (done.kind !== 'made') {
        expect(done.kind, seen).toMatch(/^(nothing-left|refused)$/);
        if (done.kind === 'refused') counts.refused++;
        else counts.nothing++;
        continue;
      }
      const { findings, samples, meta: made } = await world.look(done.meta.ulid);
      expect(findings, seen).toEqual([]);
      expect(made.compaction, seen).toMatchObject({
        sources: [made.ulid],
        level: meta.compaction.level,
      });
      const { isLossless, unreadSeries } = done.losses;
      for (const [labels, saved] of samples) {
        const was = new Map(original.get(labels));
        for (const [timeMs, text] of saved) expect(was.get(timeMs), seen).toBe(text);
      }
      const withSamples = [...original].filter(([, all]) => all.length > 0);
      if (isLossless) {
        expect(Object.fromEntries(samples), seen).toEqual(Object.fromEntries(withSamples));
        counts.lossless++;
      } else {
        counts.lossy++;
        // No series but those that are named, or cannot be, lost anything.
        const lost = withSamples.filter(
          ([labels, all]) => samples.get(labels)?.length !== all.length,
        );
        const named = new Set(done.losses.named.map(({ labels }) => labels));
        const unnamed = lost.filter(([labels]) => !named.has(labels));
        expect(unnamed.length, seen).toBeLessThanOrEqual(unreadSeries);
      }
    }
    process.stdout.write(`repairs, foreign ${isForeign}: ${JSON.stringify(counts)}\n`);
    expect(counts.lossless).toBeGreaterThan(0);
    expect(counts.lossy).toBeGreaterThan(RUNS / 20);
  },
  3_600_000,
);
