import { expect, test } from 'vitest';
import { partialText } from '../../../../src/admin/bucket/ls.ts';
import { throwIfEnded } from '../../../../src/admin/bucket/read-blocks.ts';
import { withTimeout } from '../../../../src/admin/bucket/tool.ts';
import { VarveError } from '../../../../src/base/errors/varve-error.ts';
import { BucketWorld, ULIDS } from '../../../support/bucket-world.ts';

const [A, B, C] = ULIDS;

async function threeBlocks(): Promise<BucketWorld> {
  const world = new BucketWorld();
  await world.putBlock(A);
  await world.putBlock(B, { labels: [{ name: 'tenant_id', value: 'b' }] });
  await world.mark(B, Date.UTC(2026, 10, 30));
  await world.put(`${C}/chunks/000001`, 'half');
  await world.put('varve/ledger', 'x');
  await world.put('debug/metas/x.json', 'x');
  return world;
}

test('a line for each block is its ULID, as in Thanos; what is no block is told beside', async () => {
  const world = await threeBlocks();
  const { code, out, err } = await world.run('ls');
  expect({ code, out }).toEqual({ code: 0, out: `${A}\n${B}\n` });
  expect(err).toBe(
    `varve: ${C} is no block: an upload under way, or one that was cut off ` +
      '(no meta.json, 1 files, 4 B, newest 2026-12-01T00:00:00.000Z)\n',
  );
});

test("-o wide is Thanos's line", async () => {
  const world = await threeBlocks();
  const { out } = await world.run('ls', '-o', 'wide');
  expect(out.split('\n')[0]).toBe(
    `${A} -- 1970-01-01 00:00 - 1970-01-01 00:00 Diff: 3s, Compaction: 1, Downsample: 0, Source: receive`,
  );
});

test('the table has sizes, labels, marks, and the parts of blocks', async () => {
  const world = await threeBlocks();
  const { out } = await world.run('ls', '--output=table');
  const [head, a, b, c] = out.trimEnd().split('\n');
  expect(head).toMatch(/^BLOCK ULID +MIN TIME .* LABELS +STATE$/);
  expect(a).toMatch(/^01M832KAJWMK22126GMWCXRFNM .* 6 +4 +3 +\d+ +1 +raw +\{tenant_id="a"\} +ok$/);
  expect(b).toMatch(/\{tenant_id="b"\} +deletion$/);
  expect(c).toMatch(/^01M832KAN0QZ64SZDDX46Z5711 +- .* 4 +- +- +- +partial$/);
});

test('JSON is meta.json with what the listing tells, one object a line', async () => {
  const world = await threeBlocks();
  const lines = (await world.run('ls', '-o=json')).out.trimEnd().split('\n');
  const [a, b, c] = lines.map((line) => JSON.parse(line));
  const meta = JSON.parse((await world.get(`${A}/meta.json`)).toString());
  const { bucket, ...rest } = a;
  expect(rest).toEqual(meta);
  expect(bucket).toEqual({
    state: 'ok',
    files: 3,
    sizeBytes: expect.any(Number),
    modified: '2026-12-01T00:00:00.000Z',
    marks: [],
  });
  expect(b.bucket).toMatchObject({ state: 'deletion', marks: ['deletion-mark.json'] });
  expect(c).toEqual({ ulid: C, bucket: expect.objectContaining({ state: 'partial' }) });
});

test.each<[string[], string[]]>([
  [['--exclude-delete'], [A]],
  [['--selector', 'tenant_id="b"'], [B]],
  [['-l', 'tenant_id=b', '--exclude-delete'], []],
  [['--min-time=1970-01-01T00:00:04Z'], [A, B]],
  [['--min-time=1970-01-01T00:00:05Z'], []],
  [['--min-time=-1h'], []],
  [['--max-time=1970-01-01T00:00:01Z'], [A, B]],
  [['--max-time=1970-01-01T00:00:00Z'], []],
])('%j selects', async (argv, wanted) => {
  const world = await threeBlocks();
  const { code, out, err } = await world.run('ls', ...argv);
  expect(out.split('\n').filter(Boolean)).toEqual(wanted);
  expect(code).toBe(0);
  // A part of a block has no labels and times; only what selects by these leaves it out.
  expect(err === '').toBe(argv.some((arg) => !arg.startsWith('--exclude')));
});

test.each<[string, string, RegExp]>([
  ['garbage', 'no json', /meta\.json is not JSON/],
  ['a later version', '{"ulid":"x","version":2}', /version 2 is not known/],
  ['nothing', '', /is not JSON/],
  ['of another block', 'other', /is of block 01M832KAKEEA2N5T8Y6TGBNZRP, in the place of another/],
])('a meta.json that is %s is named, and hides no other block', async (_, text, message) => {
  const world = await threeBlocks();
  const bytes = text === 'other' ? await world.get(`${B}/meta.json`) : text;
  await world.put(`${A}/meta.json`, bytes);
  const { code, out, err } = await world.run('ls');
  expect({ code, out }).toEqual({ code: 1, out: `${B}\n` });
  expect(err).toMatch(message);
  expect(err).toContain(`varve: ${A}: `);
});

test('an empty bucket is an empty list', async () => {
  expect(await new BucketWorld().run('ls')).toEqual({ code: 0, out: '', err: '' });
});

test('a deletion that was cut off is told apart from an upload', () => {
  const file = { name: 'deletion-mark.json', sizeBytes: 4, modifiedMs: 0 };
  const text = partialText({ ulid: A, files: [file], moreFiles: 0 });
  expect(text).toMatch(/^a deletion that was cut off \(no meta\.json, 1 files/);
});

test('a command that takes too long ends with its reason', async () => {
  const world = new BucketWorld();
  const signal = world.stop.signal;
  const given = { timers: world.clock, signal } as unknown as Parameters<typeof withTimeout>[0];
  const late = new VarveError('store_unavailable', 'too late');
  const first = withTimeout(given, 5000, () => late);
  const second = withTimeout(given, 5000, () => late);
  second.end();
  await world.clock.advance(5000);
  expect(() => throwIfEnded(first.tool)).toThrow('too late');
  expect(() => throwIfEnded(second.tool)).not.toThrow();
});

test('a command that is told to end, ends', async () => {
  const world = await threeBlocks();
  world.stop.abort(new VarveError('draining', 'told to end'));
  await expect(world.run('ls')).rejects.toThrow('told to end');
});
