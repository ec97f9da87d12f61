import { expect, test } from 'vitest';
import { VarveError } from '../../../../src/base/errors/varve-error.ts';
import { BucketWorld, ULIDS } from '../../../support/bucket-world.ts';

const [A, B, C] = ULIDS;
const ONCE = ['replicate', '--single-run'];

async function world(): Promise<BucketWorld> {
  const made = new BucketWorld();
  await made.putBlock(A);
  await made.putBlock(B, { labels: [{ name: 'tenant_id', value: 'b' }] });
  await made.mark(B, 0);
  await made.put(`${B}/no-compact-mark.json`, '{}');
  await made.put(`${C}/chunks/000001`, 'half');
  await made.put('varve/x', 'x');
  return made;
}

async function sameBytes(made: BucketWorld, keys: readonly string[]): Promise<void> {
  for (const key of keys) expect(await made.get(key, made.to), key).toEqual(await made.get(key));
}

test('blocks are copied byte by byte, but for deletion marks, and once', async () => {
  const made = await world();
  const { code, out, err } = await made.run(...ONCE);
  expect(code).toBe(0);
  expect(err).toBe(`varve: ${C} has no meta.json and is not copied\n`);
  expect(out).toMatch(/^copied 01M832KAJW\w+, 3 files, .*\ncopied 01M832KAKE\w+, 4 files/);
  const wanted = (await made.keys()).filter(
    (key) => !key.startsWith(C) && !key.includes('deletion') && !key.startsWith('varve'),
  );
  expect(await made.keys(made.to)).toEqual(wanted);
  await sameBytes(made, wanted);
  const again = await made.run(...ONCE);
  expect(again).toMatchObject({ code: 0, out: '0 blocks copied, 0 B; 2 were there, 0 failed\n' });
});

test.each<[string[], string[]]>([
  [['--matcher=tenant_id="b"'], [B]],
  [['--matcher=tenant_id!="b"'], [A]],
  [['--matcher', '{tenant_id=~"a|c"}'], [A]],
  [['--matcher=other!~".+"', '--matcher=tenant_id=a'], [A]],
  [['--ignore-marked-for-deletion'], [A]],
  [['--resolution=5m'], []],
  [
    ['--resolution=0s', '--compaction=1'],
    [A, B],
  ],
  [['--compaction=2', '--compaction=3'], []],
  [['--min-time=1970-01-01T00:00:10Z'], []],
  [
    ['--max-time=1970-01-01T00:00:10Z', '--min-time=-100y'],
    [A, B],
  ],
  [[`--id=${B}`, '--resolution=5m'], [B]],
])('%j selects', async (argv, wanted) => {
  const made = await world();
  expect((await made.run(...ONCE, ...argv)).code).toBe(0);
  expect([...new Set((await made.keys(made.to)).map((key) => key.slice(0, 26)))]).toEqual(wanted);
});

test.each<[string[], RegExp]>([
  [['--matcher=tenant_id'], /--matcher: must be matchers such as/],
  [['--matcher=tenant_id=~"("'], /Not an RE2 pattern/],
  [['--resolution=2m'], /--resolution: must be one of 0s, 5m, 1h/],
  [['--min-time=yesterday'], /--min-time: must be a time such as/],
  [['--delete-delay=1h'], /--delete-delay: is a flag of varve (serve|compact|bucket)/],
  [[`--id=${'0'.repeat(26)}`], /there is no block 0{26}/],
])('%j is a mistake', async (argv, message) => {
  const made = await world();
  // Both where the options are read and where they are used.
  await expect((async () => made.run(...ONCE, ...argv))()).rejects.toThrow(message);
});

test.each<[string, (made: BucketWorld) => Promise<void>, RegExp]>([
  [
    'no index',
    (made) => made.bucket.delete(`${A}/index`),
    /index.*the file that meta\.json names is missing/,
  ],
  [
    'an index cut short',
    (made) => made.change(`${A}/index`, (b) => b.subarray(0, 9)),
    /it has 9 bytes, \d+ by meta/,
  ],
  [
    'a flipped byte',
    (made) =>
      made.change(`${A}/chunks/000001`, (bytes) => {
        bytes.writeUInt8(bytes.readUInt8(20) ^ 4, 20);
        return undefined;
      }),
    /chunks\/000001 in memory: its CRC32C is not the one that is noted of it/,
  ],
  ['garbage for meta.json', (made) => made.put(`${A}/meta.json`, '{'), /not JSON/],
  [
    'another block at the other end',
    (made) =>
      made
        .putBlock(A, { into: made.to, labels: [{ name: 'tenant_id', value: 'x' }] })
        .then(() => undefined),
    /meta\.json in memory is of another block/,
  ],
])('a block with %s is not taken for whole, and hides no other', async (_, damage, message) => {
  const made = await world();
  await damage(made);
  const before = await made.keys(made.to);
  const { code, out, err } = await made.run(...ONCE);
  expect(code).toBe(1);
  expect(err).toMatch(message);
  expect(out).toMatch(/^copied 01M832KAKE/);
  const copied = await made.keys(made.to);
  if (before.length === 0) expect(copied).not.toContain(`${A}/meta.json`);
});

test('several blocks at a time come out the same', async () => {
  const made = await world();
  const { code, out } = await made.run(...ONCE, '--replicate-concurrency=4');
  expect(code).toBe(0);
  expect(out).toContain('2 blocks copied');
  await sameBytes(made, (await made.keys(made.to)).slice());
});

test('without --single-run new blocks are looked for each minute, until it is told to end', async () => {
  const made = await world();
  const running = made.run('replicate');
  const ended = expect(running).rejects.toThrow('told to end');
  await made.clock.advance(30_000);
  await made.putBlock(C);
  expect(await made.keys(made.to)).not.toContain(`${C}/meta.json`);
  await made.clock.advance(30_000);
  await made.clock.advance(1000);
  expect(await made.keys(made.to)).toContain(`${C}/meta.json`);
  made.stop.abort(new VarveError('draining', 'it was told to end'));
  await ended;
});
