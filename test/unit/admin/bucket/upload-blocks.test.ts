import { expect, test } from 'vitest';
import { readMeta, writeMeta } from '../../../../src/block/meta.ts';
import { BucketWorld, ULIDS } from '../../../support/bucket-world.ts';
import { DIR, makeBlock, SOME_SERIES } from '../../block/make-block.ts';

const [A, B, C] = ULIDS;

/** Two local blocks: Varve's own, and one as a Prometheus leaves it. */
function world(): BucketWorld {
  const made = new BucketWorld();
  makeBlock(made.disk, SOME_SERIES, { ulid: A });
  const { dir, meta } = makeBlock(made.disk, SOME_SERIES, { ulid: B });
  writeMeta(made.disk, dir, { ...meta, thanos: undefined, rest: undefined });
  return made;
}

const ARGV = ['upload-blocks', `--path=${DIR}`, '--label=cluster="eu"'];

test('local blocks get into the bucket, with labels if they have none, and once', async () => {
  const made = world();
  const { code, out, err } = await made.run(...ARGV);
  expect(code).toBe(0);
  expect(err).toBe(`varve: ${A} keeps its own labels, {tenant_id="tenant"}\n`);
  expect(out).toMatch(/^uploaded 01M832KAJW\w+, 3 files, .*\nuploaded 01M832KAKE/);
  expect(out).toMatch(/2 blocks uploaded, .*; 0 were there, 0 left out, 0 failed\n$/);
  expect((await made.run('verify')).code).toBe(0);
  const meta = JSON.parse((await made.get(`${B}/meta.json`)).toString());
  expect(meta.thanos.labels).toEqual({ cluster: 'eu' });
  const again = await made.run(...ARGV);
  expect(again.out).toContain('0 blocks uploaded, 0 B; 2 were there');
});

test('one block may be named', async () => {
  const made = world();
  await made.run('upload-blocks', `--path=${DIR}/${A}/`);
  expect((await made.keys()).every((key) => key.startsWith(A))).toBe(true);
  expect(await made.keys()).toHaveLength(3);
});

test('without labels, blocks that have none are refused before anything is sent', async () => {
  const made = world();
  const run = made.run('upload-blocks', `--path=${DIR}`);
  await expect(run).rejects.toThrow(/--label: is needed: \/data\/tenant\/01M832KAKE\w+ has no/);
  expect(await made.keys()).toEqual([]);
});

test('what was cut off is gone on with', async () => {
  const made = world();
  await made.put(`${A}/chunks/000001`, made.disk.readFile(`${DIR}/${A}/chunks/000001`));
  await made.put(`${A}/index`, 'half');
  const { out } = await made.run(...ARGV);
  expect(out).toContain(`uploaded ${A}, 2 files`);
  expect((await made.run('verify')).code).toBe(0);
});

test.each<[string, (made: BucketWorld) => void, RegExp]>([
  [
    'no meta.json',
    (made) => made.disk.removeFile(`${DIR}/${A}/meta.json`),
    /cannot|no such|ENOENT/i,
  ],
  [
    'garbage for meta.json',
    (made) => made.disk.replaceFile(`${DIR}/${A}/meta.json`, Buffer.from('{')),
    /not JSON/,
  ],
  [
    'a flipped byte',
    (made) => {
      const path = `${DIR}/${A}/chunks/000001`;
      const bytes = Buffer.from(made.disk.readFile(path));
      bytes.writeUInt8(bytes.readUInt8(20) ^ 4, 20);
      made.disk.replaceFile(path, bytes);
    },
    /chunks\/000001: its SHA-256 is not the one in meta\.json, and \d errors more; not uploaded/,
  ],
])('a block with %s is named and stays; the other one goes', async (_, damage, message) => {
  const made = world();
  damage(made);
  const { code, out, err } = await made.run(...ARGV);
  expect(code).toBe(1);
  expect(err).toMatch(message);
  expect(out).toMatch(/1 blocks uploaded, .*; 0 were there, 0 left out, 1 failed\n$/);
  expect((await made.keys()).every((key) => key.startsWith(B))).toBe(true);
});

test('another block under the same ULID is a failure of that block', async () => {
  const made = world();
  await made.putBlock(A, { labels: [{ name: 'tenant_id', value: 'other' }] });
  const { code, out, err } = await made.run(...ARGV);
  expect(code).toBe(1);
  expect(err).toMatch(/is of another block/);
  expect(out).toContain('1 blocks uploaded');
});

test('compacted blocks are left out, as in Thanos, and said so', async () => {
  const made = world();
  const { dir } = makeBlock(made.disk, SOME_SERIES, { ulid: C });
  const meta = readMeta(made.disk, dir);
  writeMeta(made.disk, dir, { ...meta, compaction: { ...meta.compaction, level: 2 } });
  const { out, err } = await made.run(...ARGV);
  expect(err).toContain('1 blocks are compacted; --shipper.upload-compacted uploads them too');
  expect(out).toContain('2 blocks uploaded');
  const all = await made.run(...ARGV, '--shipper.upload-compacted');
  expect(all.out).toContain('1 blocks uploaded');
});

test('a directory that is not there is said so', async () => {
  const run = new BucketWorld().run('upload-blocks', '--path=/nowhere');
  await expect(run).rejects.toThrow('there is no directory /nowhere');
});
