// `verify --repair`: what is said, what is left in the bucket, and the exit code.

import { expect, test } from 'vitest';
import { parseMeta } from '../../../../src/block/meta/parse.ts';
import { BucketWorld, ULIDS } from '../../../support/bucket-world.ts';

const [A, B] = ULIDS;
const SERIES = [
  { labels: { __name__: 'a' }, chunks: [[[1000, 1]], [[2000, 2]]] },
  { labels: { __name__: 'b' }, chunks: [[[1000, 3]]] },
] as const;

async function twoBlocks(): Promise<BucketWorld> {
  const world = new BucketWorld();
  await world.putBlock(A, { series: SERIES });
  await world.putBlock(B, { labels: [{ name: 'tenant_id', value: 'b' }] });
  return world;
}

const flipAt = (at: number) => (bytes: Buffer) => {
  const from = at < 0 ? bytes.length + at : at;
  bytes.writeUInt8(bytes.readUInt8(from) ^ 4, from);
  return undefined;
};

/** The blocks that are neither of the two. */
async function made(world: BucketWorld): Promise<readonly string[]> {
  const metas = (await world.keys()).filter((key) => key.endsWith('/meta.json'));
  return metas.map((key) => key.slice(0, 26)).filter((ulid) => ulid !== A && ulid !== B);
}

test('a lost chunk: the rest in a new block, the damaged one marked, both told', async () => {
  const world = await twoBlocks();
  await world.change(`${A}/chunks/000001`, flipAt(12));
  const dry = await world.run('verify', '--repair', '--dry-run');
  expect(dry.code).toBe(1);
  expect(dry.out).toContain(`would be repaired: ${A} 2 series, 2 samples saved; lost: chunks of 1`);
  expect(await made(world)).toEqual([]);
  const before = await world.keys();
  expect(before.some((key) => key.startsWith('varve/'))).toBe(false);

  const { code, err, out } = await world.run('verify', '-r');
  expect(code).toBe(1);
  const [ulid = '', ...more] = await made(world);
  expect(more).toEqual([]);
  const times = '1970-01-01T00:00:01.000Z to 1970-01-01T00:00:01.000Z';
  expect(out).toContain(
    `repaired: ${A} as ${ulid}: 2 series, 2 samples saved; ` +
      `lost: chunks of 1 series (1 chunks, from ${times})\n` +
      `lost: ${A} {__name__="a"}: 1 of 2 chunks, ${times}\n`,
  );
  const mark = JSON.parse((await world.get(`${A}/deletion-mark.json`)).toString());
  expect(mark).toMatchObject({ id: A, version: 1, reason: 'repaired' });
  expect(mark.details).toMatch(new RegExp(`^repaired as ${ulid}: chunks/000001`));
  expect(err).toContain(`mark set (ulid ${A}, mark deletion-mark.json, reason repaired`);
  expect(err).toContain('by varve bucket verify on host');
  const meta = parseMeta(await world.get(`${ulid}/meta.json`), 'meta.json');
  expect(meta).toMatchObject({
    compaction: { level: 1, sources: [ulid], parents: [{ ulid: A }] },
    thanos: {
      source: 'bucket.repair',
      labels: [{ name: 'tenant_id', value: 'a' }],
      varve: { repair: { of: A, lostSeries: 1, lostChunks: 1 }, wal: undefined },
    },
  });
  // What is damaged is still there, all of it; the next run finds a block that goes, and leaves it.
  expect(await world.keys()).toEqual(expect.arrayContaining([...before]));
  const again = await world.run('verify', '--repair');
  expect(again.out).not.toMatch(/^(not )?repaired: /m);
  expect(await made(world)).toEqual([ulid]);
  expect((await world.run('verify', `--id=${ulid}`)).code).toBe(0);
  expect(world.disk.list('/tmp')).toEqual([]);
});

const LOSSLESS: readonly [string, (world: BucketWorld) => Promise<void>][] = [
  ['a flipped byte in the postings', (w) => w.change(`${A}/index`, flipAt(-60))],
  ['a table of contents cut off', (w) => w.change(`${A}/index`, (bytes) => bytes.subarray(0, -20))],
  [
    'a symbol that changed',
    (w) =>
      w.change(`${A}/index`, (bytes) => {
        bytes.writeUInt8('z'.charCodeAt(0), bytes.indexOf('__name__') + 9);
        return undefined;
      }),
  ],
  [
    'a wrong size in meta.json',
    (w) =>
      w.change(`${A}/meta.json`, (bytes) =>
        Buffer.from(bytes.toString().replace(/"size_bytes": \d+/, '"size_bytes": 7')),
      ),
  ],
  ['a segment header', (w) => w.change(`${A}/chunks/000001`, flipAt(0))],
];

test.each(LOSSLESS)('%s loses nothing: exit code 0', async (_, damage) => {
  const world = await twoBlocks();
  await damage(world);
  expect((await world.run('verify')).code).toBe(1);
  const { code, out } = await world.run('verify', '--repair', '--output=json');
  const repair = out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
    .at(-1);
  const [ulid] = await made(world);
  expect(repair).toMatchObject({ block: A, repair: 'repaired', made: ulid });
  expect(repair.losses).toMatchObject({ chunks: 0, unreadSeries: 0 });
  expect(parseMeta(await world.get(`${ulid}/meta.json`), '').stats).toMatchObject({
    ...{ numSeries: 2, numSamples: 3 },
  });
  expect(code).toBe(0);
});

const HOPELESS: readonly [string, (world: BucketWorld) => Promise<unknown>, RegExp][] = [
  [
    'a meta.json that changed',
    (w) =>
      w.change(`${A}/meta.json`, (bytes) =>
        Buffer.from(bytes.toString().replace('"tenant_id": "a"', '"tenant_id": "b"')),
      ),
    /its labels and its range are not known: meta\.json is not as it was written/,
  ],
  [
    'a meta.json that is none',
    (w) => w.put(`${A}/meta.json`, '{'),
    /no meta\.json of its own that can be read/,
  ],
  [
    'the meta.json of another block',
    async (w) => w.put(`${A}/meta.json`, await w.get(`${B}/meta.json`)),
    /no meta\.json of its own that can be read/,
  ],
  [
    'tombstones that are none',
    (w) => w.put(`${A}/tombstones`, 'tombstones'),
    /what was deleted is not known, and must not come back: tombstones/,
  ],
  [
    'no chunk that can be read',
    (w) => w.change(`${A}/chunks/000001`, (bytes) => bytes.subarray(0, 8)),
    /nothing of it can be read/,
  ],
  ['no index', (w) => w.bucket.delete(`${A}/index`), /nothing of it can be read/],
  [
    'an index of a later version',
    (w) =>
      w.change(`${A}/index`, (bytes) => {
        bytes.writeUInt8(9, 4);
        return undefined;
      }),
    /its index is of version 9, which is not known here/,
  ],
];

test.each(HOPELESS)('%s: nothing is changed, and why is told', async (_, damage, message) => {
  const world = await twoBlocks();
  await damage(world);
  const before = await world.keys();
  const { code, out } = await world.run('verify', '--repair');
  expect(code).toBe(1);
  expect(out).toMatch(new RegExp(`^not repaired: ${A} `, 'm'));
  expect(out).toMatch(message);
  const now = (await world.keys()).filter((key) => !key.startsWith('varve/leases/'));
  expect(now).toEqual(before);
});

test('a whole bucket is left as it is', async () => {
  const world = await twoBlocks();
  const before = await world.keys();
  expect((await world.run('verify', '--repair')).code).toBe(0);
  expect(await world.keys()).toEqual(before);
});
