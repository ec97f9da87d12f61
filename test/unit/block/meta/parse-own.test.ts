import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parseMeta } from '../../../../src/block/meta/parse.ts';
import { parseOwnMeta } from '../../../../src/block/meta/parse-own.ts';
import { digestHolds, printMeta } from '../../../../src/block/meta/print.ts';
import { BucketWorld, ULIDS } from '../../../support/bucket-world.ts';

const [A] = ULIDS;

async function written(): Promise<Buffer> {
  const world = new BucketWorld();
  await world.putBlock(A);
  return world.get(`${A}/meta.json`);
}

it('takes what Varve wrote, and no byte of it changed', async () => {
  const bytes = await written();
  const meta = parseMeta(bytes, 'm');
  expect([parseOwnMeta(bytes, 'm').ulid, digestHolds(bytes, meta)]).toEqual([A, true]);
  for (let at = 0; at < bytes.length; at++) {
    const changed = Buffer.from(bytes);
    changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
    expect(() => parseOwnMeta(changed, 'm'), `byte ${at}`).toThrow(/^m/);
  }
});

it('does not take the extension for the block’s own that Thanos copied from a source', async () => {
  interface Stored {
    readonly ulid: string;
    readonly thanos: object;
    readonly compaction: object;
  }
  const [, , C] = ULIDS;
  const source = JSON.parse((await written()).toString()) as Stored;
  // Thanos's result: its own ULID and files, its keys in its own order.
  const files = [{ rel_path: 'chunks/000001', size_bytes: 77 }, { rel_path: 'meta.json' }];
  const made = { ...source, ulid: C, thanos: { ...source.thanos, files } };
  const bytes = Buffer.from(JSON.stringify(made));
  for (const parse of [parseMeta, parseOwnMeta]) {
    const { thanos, ulid } = parse(bytes, 'm');
    expect(ulid).toBe(C);
    expect(thanos).toMatchObject({ copiedVarveOf: A, files: [{ sizeBytes: 77 }, {}] });
    expect(thanos?.varve).toBeUndefined();
  }
  // When it is written again the copy stays behind.
  const again = printMeta(parseMeta(bytes, 'm'));
  expect(again.toString()).not.toContain('crc32c');
  expect(parseOwnMeta(again, 'm')).toMatchObject({
    ulid: C,
    thanos: { files: [{ sizeBytes: 77 }, {}] },
  });
});

it('takes what a real Thanos made of blocks that Varve had uploaded', () => {
  const bytes = readFileSync('test/golden/data/thanos-0.42.5/compacted-meta.json');
  const { compaction, thanos } = parseOwnMeta(bytes, 'm');
  expect(compaction.sources).toHaveLength(4);
  expect(thanos?.copiedVarveOf).toBe(compaction.sources[0]);
  expect(thanos?.files.map(({ sizeBytes }) => sizeBytes)).toEqual([37766, 2415, undefined]);
});

it('takes what somebody wrote who leaves no digest', async () => {
  const json = JSON.parse((await written()).toString()) as { thanos: { extensions?: unknown } };
  delete json.thanos.extensions;
  expect(parseOwnMeta(Buffer.from(JSON.stringify(json)), 'm').ulid).toBe(A);
});
