// A merge of a block that is damaged in each of the ways of rows.ts with a healthy one: the block is
// named and nothing is made. Of a foreign block some rows are merged: what they change is made anew
// (postings), or stands nowhere in the result, or shows only when chunks are decoded, which a merge
// does not do where none overlap (docs/design/0008). Then every sample is as it was.

import { expect, test } from 'vitest';
import { BlockWriter } from '../../../src/block/block-writer.ts';
import { MergeTestWorld, samplesOf, taskOf } from '../../support/merge-world.ts';
import { DIR, feed, ULID } from '../../unit/block/make-block.ts';
import { putRow } from './put-row.ts';
import { ROWS } from './rows.ts';

const HEALTHY = '01M832KAKEEA2N5T8Y6TGBNZRP';

/** Rows of a foreign block that change no sample, and that no part of it that is read contradicts. */
const WITHOUT_MEANING: ReadonlySet<string> = new Set([
  'a TOC with two sections in one place',
  'a postings list with another series',
  'a postings list that is not in order',
  'a list that another pair has',
  'a table entry of three keys',
  'a table entry for a pair that is not there',
  'bytes behind the last chunk',
  // Of the last sample, by the index.
  'a chunk time that is wrong',
]);

test.each(ROWS)('%s', async (...row) => {
  const found: string[] = [];
  for (const isForeign of [false, true]) {
    const world = new MergeTestWorld();
    const { disk, dir, meta } = await putRow(world, row, isForeign);
    const writer = new BlockWriter({ disk, dir: DIR, ulid: HEALTHY });
    feed(writer, [{ labels: { __name__: 'up', job: 'a' }, chunks: [[[5000, 1]]] }]);
    const range = { minTimeMs: 4000, maxTimeMs: 8000 };
    const healthy = writer.finish({ ...range, labels: [], source: 'receive' });
    const samples = samplesOf(disk, dir);
    await world.putFrom(disk, healthy.dir, HEALTHY);
    const outcome = await world.merge(taskOf([meta, healthy.meta], { labels: [] }));
    found.push(outcome.kind === 'bad-source' ? outcome.fault.ulid : outcome.kind);
    if (outcome.kind !== 'made') continue;
    const { samples: merged } = await world.look();
    for (const [labels, all] of samples) {
      const before4s = merged.get(labels)?.filter(([timeMs]) => timeMs < 4000);
      expect(before4s, labels).toEqual(all);
    }
  }
  const foreign = WITHOUT_MEANING.has(row[0]) ? 'made' : ULID;
  expect(found).toEqual([ULID, foreign]);
});
