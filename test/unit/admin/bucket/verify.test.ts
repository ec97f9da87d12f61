// Damaged buckets: each row is one kind of damage, and what verify must say of it. What it says of
// damage within files is held by test/damage/block.

import { expect, test } from 'vitest';
import { BucketWorld, ULIDS } from '../../../support/bucket-world.ts';

const [A, B, C] = ULIDS;
const DAY_MS = 86_400_000;

async function twoBlocks(): Promise<BucketWorld> {
  const world = new BucketWorld();
  await world.putBlock(A);
  await world.putBlock(B, { labels: [{ name: 'tenant_id', value: 'b' }] });
  return world;
}

test('a bucket that is whole has no findings, and nothing is left on the disk', async () => {
  const world = await twoBlocks();
  world.disk.makeDir('/work');
  const { code, out, err } = await world.run('verify', '--tmp.dir=/work');
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toMatch(/^2 blocks and \d+\.\d KiB verified, 0 findings\n$/);
  expect(world.disk.list('/work')).toEqual([]);
});

const edit =
  (key: string, how: (bytes: Buffer) => Buffer | undefined) =>
  (world: BucketWorld): Promise<void> =>
    world.change(key, how);

/** Changes meta.json as text. */
const editMeta = (from: string | RegExp, to: string) =>
  edit(`${A}/meta.json`, (bytes) => Buffer.from(bytes.toString().replace(from, to)));

const flipAt = (at: number) => (bytes: Buffer) => {
  bytes.writeUInt8(bytes.readUInt8(at) ^ 4, at);
  return undefined;
};

const ROWS: readonly [string, (world: BucketWorld) => Promise<void>, RegExp][] = [
  ['no index', (w) => w.bucket.delete(`${A}/index`), /error: .*FNM\/index: the file is missing/],
  [
    'no chunks',
    (w) => w.bucket.delete(`${A}/chunks/000001`),
    /error: .*FNM\/chunks: the directory is missing/,
  ],
  [
    'an index cut short',
    edit(`${A}/index`, (bytes) => bytes.subarray(0, 100)),
    /error: .*FNM\/index, byte 100: it has 100 bytes, \d+ by meta\.json/,
  ],
  ['an empty index', edit(`${A}/index`, () => Buffer.alloc(0)), /index, byte 0: it has 0 bytes/],
  ['a flipped byte in a chunk', edit(`${A}/chunks/000001`, flipAt(20)), /SHA-256 is not the one/],
  [
    'a flipped byte in a chunk, again',
    edit(`${A}/chunks/000001`, flipAt(20)),
    /000001, byte 8: the checksum of a chunk does not match/,
  ],
  ['a flipped byte in the index', edit(`${A}/index`, flipAt(40)), /CRC-32C is not the one/],
  [
    'a wrong size in meta.json',
    editMeta(/"size_bytes": \d+/, '"size_bytes": 7'),
    /bytes, 7 by meta/,
  ],
  [
    'a wrong count in meta.json',
    editMeta('"numSeries": 3', '"numSeries": 4'),
    /numSeries is 4, there are 3/,
  ],
  [
    'a meta.json that was edited',
    editMeta('"source": "receive"', '"source": "x"'),
    /its digest of itself/,
  ],
  [
    'garbage for meta.json',
    edit(`${A}/meta.json`, () => Buffer.from('\u0000\u0001')),
    /meta\.json/,
  ],
  ['an empty meta.json', edit(`${A}/meta.json`, () => Buffer.alloc(0)), /meta\.json is empty/],
  ['a later version', editMeta('"version": 1', '"version": 2'), /version 2 is not known/],
  [
    'a meta.json of another block',
    async (w) => w.put(`${A}/meta.json`, await w.get(`${B}/meta.json`)),
    /it is of block 01M832KAKEEA2N5T8Y6TGBNZRP, in the place of 01M832KAJWMK22126GMWCXRFNM/,
  ],
  [
    'chunks outside of the range',
    editMeta('"maxTime": 4000', '"maxTime": 3000'),
    /outside of the block/,
  ],
  [
    'a segment that is missing',
    (w) => w.put(`${A}/chunks/000003`, 'x'),
    /chunks\/000002: the file is missing/,
  ],
  [
    'a stranger in the block',
    (w) => w.put(`${A}/notes.txt`, 'x'),
    /notes\.txt: a block has no such file/,
  ],
  ['a stranger in chunks', (w) => w.put(`${A}/chunks/readme`, 'x'), /readme: not a chunk segment/],
  [
    'a directory for the index',
    (w) => w.put(`${A}/index/x`, 'x'),
    /index: a directory where a file/,
  ],
  ['tombstones that are none', (w) => w.put(`${A}/tombstones`, 'tombstones'), /tombstones, byte 0/],
  [
    'a mark that is no JSON',
    (w) => w.put(`${A}/deletion-mark.json`, '{'),
    /deletion-mark\.json: it is not JSON/,
  ],
  [
    'a mark of another block',
    (w) => w.put(`${A}/no-compact-mark.json`, `{"id":"${B}","version":1,"no_compact_time":1}`),
    /it is a mark of block 01M832KAKEEA2N5T8Y6TGBNZRP/,
  ],
  [
    'an upload that was cut off long ago',
    async (w) => {
      await w.put(`${C}/chunks/000001`, 'x');
      await w.clock.advance(3 * DAY_MS);
    },
    /warning: 01M832KAN0QZ64SZDDX46Z5711: an upload under way.*varve bucket cleanup removes it/,
  ],
];

test.each(ROWS)(
  '%s is told, the exit code is 1, and the other block is verified',
  async (...row) => {
    const [, damage, message] = row;
    const world = await twoBlocks();
    await damage(world);
    const { code, out } = await world.run('verify');
    expect(out).toMatch(message);
    expect(code).toBe(1);
    expect(out).toMatch(/^2 blocks and .* verified, [1-9]\d* findings$/m);
    expect(out).not.toMatch(new RegExp(`(error|warning): ${B}`));
    // JSON tells the same.
    const json = (await world.run('verify', '--output=json')).out.trimEnd().split('\n');
    const findings = json.map((line) => JSON.parse(line));
    expect(findings.some(({ severity }) => severity !== 'info')).toBe(true);
  },
);

const INFOS: readonly [string, (world: BucketWorld) => Promise<unknown>, RegExp][] = [
  [
    'a fresh upload',
    (w) => w.put(`${C}/index`, 'x'),
    /info: 01M832KAN0QZ64SZDDX46Z5711: an upload/,
  ],
  [
    'a deletion mark',
    (w) => w.mark(A, DAY_MS),
    /deletion-mark\.json: set 1970-01-02T.*: no reason/,
  ],
  ['another name', (w) => w.put('01abc/meta.json', 'x'), /info: 01abc\/: no block is called so/],
  [
    'a name of small letters',
    (w) => w.put(`${A.toLowerCase()}/index`, 'x'),
    /no block is called so/,
  ],
  ['what is known', (w) => w.put('varve/x', 'x'), /^2 blocks and [^\n]* verified, 0 findings\n$/],
  [
    'blocks that overlap',
    (w) => w.putBlock(C),
    /info: 01M832KAN0QZ64SZDDX46Z5711\/meta\.json: its times overlap those of 01M832KAJW/,
  ],
];

test.each(INFOS)('%s is nothing unusual', async (_, change, message) => {
  const world = await twoBlocks();
  await change(world);
  const { code, out } = await world.run('verify');
  expect(out).toMatch(message);
  expect(code).toBe(0);
});

test('--id and --selector choose the blocks', async () => {
  const world = await twoBlocks();
  await world.change(`${A}/index`, flipAt(40));
  expect((await world.run('verify', `--id=${B}`)).code).toBe(0);
  expect((await world.run('verify', `--id=${A}`)).code).toBe(1);
  expect((await world.run('verify', '-l', 'tenant_id="b"')).code).toBe(0);
  const missing = await world.run('verify', `--id=${C}`);
  expect(missing).toMatchObject({
    code: 1,
    out: expect.stringContaining('there is no such block'),
  });
  await expect(world.run('verify', '--id=x')).rejects.toThrow(/--id: must be a block's ULID/);
});

test('a disk without room for a block costs that block only', async () => {
  const world = await twoBlocks();
  world.disk.capacityBytes = 100;
  const { code, out } = await world.run('verify');
  expect(code).toBe(1);
  expect(out.match(/could not be verified: index of \d+ bytes has no room in/g)).toHaveLength(2);
});

test('how far it is, is shown to a person only', async () => {
  const world = await twoBlocks();
  world.isTerminal = true;
  const { err } = await world.run('verify');
  expect(err).toContain('0 findings; now 01M832KAJWMK22126GMWCXRFNM/meta.json of ');
  expect(err.endsWith('\r\x1b[K')).toBe(true);
});

test('what a killed run left on the disk goes at the next start, of whatever command', async () => {
  const world = await twoBlocks();
  const left = (parent: string): void => {
    const dir = `${parent}/varve-verify-0123456789abcdef`;
    world.disk.makeDir(`${dir}/files`);
    world.disk.replaceFile(`${dir}/files/index`, Buffer.from('fetched'));
    world.disk.replaceFile(`${dir}/locked`, Buffer.from(''));
  };
  left('/work');
  left('/tmp');
  await world.run('verify', '--tmp.dir=/work');
  expect(world.disk.list('/work')).toEqual([]);
  expect(world.disk.list('/tmp')).toHaveLength(1);
  await world.run('ls');
  expect(world.disk.list('/tmp')).toEqual([]);
});
