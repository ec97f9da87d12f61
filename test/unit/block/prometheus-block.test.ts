import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { labelsOf } from '../../../src/base/model/labels.ts';
import { parseMeta } from '../../../src/block/meta/parse.ts';
import { digestHolds } from '../../../src/block/meta/print.ts';
import { readMeta } from '../../../src/block/meta.ts';
import { describePrometheusBlock } from '../../../src/block/prometheus-block.ts';
import { copyDirectory } from '../../support/adopt-directory.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { MemoryDisk } from '../../support/memory-disk.ts';

const GOLDEN = new URL('../../golden/data/', import.meta.url).pathname;
const LATE = 'prometheus-directory/data/01M8BWXT8FN73RC580HGRS70KV';
const THANOS = 'blocks/raw/01M832KAWRTHPX96JW7XS0VJ8V';
const LABELS = labelsOf([['cluster', 'eu']]);

function block(path: string) {
  const disk = new MemoryDisk();
  const dir = `/prom/${path.slice(-26)}`;
  copyDirectory(disk, dir, join(GOLDEN, path));
  const describe = () =>
    describePrometheusBlock(
      { disk, timers: new ManualClock() },
      { dir, meta: readMeta(disk, dir) },
      LABELS,
    );
  return { disk, dir, describe };
}

test('files come with their checksums, tombstones among them, and a digest over all', async () => {
  const { disk, dir, describe } = block(LATE);
  const made = await describe();
  expect(made.files.map(({ name }) => name)).toEqual(['chunks/000001', 'index', 'tombstones']);
  const meta = parseMeta(made.metaBytes, 'meta.json');
  expect(digestHolds(made.metaBytes, meta)).toBe(true);
  expect(meta.compaction.hints).toEqual(['from-out-of-order']);
  for (const file of meta.thanos?.varve?.files ?? []) {
    const bytes = disk.readFile(`${dir}/${file.relPath}`);
    expect(file.sizeBytes).toBe(bytes.length);
    expect(file.sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
  }
  expect(meta.thanos).toMatchObject({
    labels: LABELS,
    resolutionMs: 0,
    source: 'sidecar',
    segmentFiles: ['000001'],
  });
  expect(meta.thanos?.files.at(-1)).toEqual({
    relPath: 'meta.json',
    sizeBytes: undefined,
    sha256: undefined,
  });
});

test('labels and source of whoever had it before give way', async () => {
  const { metaBytes } = await block(THANOS).describe();
  const { thanos } = parseMeta(metaBytes, 'meta.json');
  expect(thanos).toMatchObject({ labels: LABELS, source: 'sidecar' });
});

test.each(['chunks/000001', 'index'])('a changed byte in %s is damage', async (name) => {
  const { disk, dir, describe } = block(LATE);
  const bytes = disk.readFile(`${dir}/${name}`).slice();
  const at = bytes.length - 20;
  bytes.set([(bytes.at(at) ?? 0) ^ 0xff], at);
  disk.replaceFile(`${dir}/${name}`, bytes);
  await expect(describe()).rejects.toMatchObject({ kind: 'damaged' });
});

test.each(['chunks/000001', 'index'])('a missing %s is damage', async (name) => {
  const { disk, dir, describe } = block(LATE);
  disk.removeFile(`${dir}/${name}`);
  await expect(describe()).rejects.toMatchObject({ kind: 'damaged' });
});
