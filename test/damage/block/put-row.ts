// A block in a bucket that is damaged in one of the ways of rows.ts.

import { collect } from '../../../src/base/runtime/file-pieces.ts';
import { printMeta } from '../../../src/block/meta/print.ts';
import { MemoryDisk } from '../../support/memory-disk.ts';
import type { MergeTestWorld } from '../../support/merge-world.ts';
import { makeBlock, ULID } from '../../unit/block/make-block.ts';
import { type ROWS, sectionsOf } from './rows.ts';

/**
 * Puts it there; where it lies undamaged on a disk, and its meta.json.
 * @param isForeign without what only Varve notes of a block
 */
export async function putRow(
  world: MergeTestWorld,
  [, file, change]: (typeof ROWS)[number],
  isForeign: boolean,
) {
  const disk = new MemoryDisk();
  const { dir, meta } = makeBlock(disk);
  const sections = sectionsOf(Buffer.from(disk.readFile(`${dir}/index`)));
  await world.putFrom(disk, dir, ULID);
  const { rest, thanos, ...foreign } = meta;
  if (isForeign) await world.put(`${ULID}/meta.json`, printMeta(foreign));
  const key = `${ULID}/${file}`;
  const bytes = Buffer.from(await collect(world.bucket.get(key), 2 ** 20, key));
  const changed = change(bytes, sections);
  await world.put(key, changed instanceof Buffer ? changed : bytes);
  return { disk, dir, meta };
}
