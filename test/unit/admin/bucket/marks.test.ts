// Marks by hand: what is put, what is taken away, what is said, and what cannot be undone.

import { expect, test } from 'vitest';
import { BucketWorld, ULIDS } from '../../../support/bucket-world.ts';

const [A, B, C] = ULIDS;
const MARKERS = ['deletion-mark.json', 'no-compact-mark.json', 'no-downsample-mark.json'] as const;

async function oneBlock(): Promise<BucketWorld> {
  const world = new BucketWorld();
  await world.putBlock(A);
  return world;
}

const mark = (marker: string, ...more: readonly string[]) =>
  ['mark', `--id=${A}`, `--marker=${marker}`, ...more] as const;

test.each(MARKERS)(
  '%s is put as Thanos puts it, stays when it is put again, and goes',
  async (marker) => {
    const world = await oneBlock();
    const put = await world.run(...mark(marker, '--details=a & b'));
    expect(put).toMatchObject({ code: 0, out: `${A}/${marker}: set\n` });
    const json = JSON.parse((await world.get(`${A}/${marker}`)).toString());
    const time = `${marker.replace('-mark.json', '').replaceAll('-', '_')}_time`;
    const reason = marker === 'deletion-mark.json' ? {} : { reason: 'manual' };
    const nowS = Math.floor(world.clock.nowMs() / 1000);
    expect(json).toEqual({ id: A, version: 1, details: 'a & b', [time]: nowS, ...reason });
    await world.clock.advance(5000);
    const again = await world.run(...mark(marker, '--details=c'));
    expect(again).toMatchObject({
      code: 0,
      out: expect.stringContaining('stays as it was: set 2026-12-01'),
    });
    expect(again.err).not.toContain('mark set');
    expect(JSON.parse((await world.get(`${A}/${marker}`)).toString())).toEqual(json);
    const gone = await world.run('unmark', `--id=${A}`, `--marker=${marker}`);
    expect(gone).toMatchObject({
      code: 0,
      out: expect.stringMatching(/: removed \(set 2026-12-01.*a & b\)\n$/),
    });
    expect(await world.keys()).not.toContain(`${A}/${marker}`);
    const none = await world.run('unmark', `--id=${A}`, `--marker=${marker}`);
    expect(none).toMatchObject({ code: 0, out: `${A}/${marker}: was not there\n`, err: '' });
  },
);

test('each change is written down: block, mark, reason, details, by whom', async () => {
  const world = await oneBlock();
  const put = await world.run(...mark('no-compact-mark.json', '--details=too large'));
  const fields = `ulid ${A}, mark no-compact-mark.json, reason manual, details too large`;
  expect(put.err).toBe(`varve: mark set (${fields}, by varve bucket mark on host)\n`);
  const gone = await world.run(...mark('no-compact-mark.json', '--remove'));
  expect(gone.err).toBe(`varve: mark removed (${fields}, by varve bucket mark on host)\n`);
});

test('a mark of a compactor goes too, and it is said that it may come again', async () => {
  const world = await oneBlock();
  const json = {
    id: A,
    version: 1,
    deletion_time: 1,
    details: `superseded by ${B}`,
    reason: 'superseded',
  };
  await world.put(`${A}/deletion-mark.json`, JSON.stringify(json));
  const { code, out } = await world.run('unmark', `--id=${A}`);
  expect(code).toBe(0);
  expect(out).toContain(`superseded: superseded by ${B}); set again while its reason holds`);
});

test('a mark that cannot be read can be taken away', async () => {
  const world = await oneBlock();
  await world.put(`${A}/deletion-mark.json`, '{');
  const { code, out } = await world.run('unmark', `--id=${A}`);
  expect({ code, out }).toMatchObject({ code: 0, out: expect.stringContaining('it is not JSON') });
  expect(await world.keys()).not.toContain(`${A}/deletion-mark.json`);
});

const LOST: readonly [string, (world: BucketWorld) => Promise<unknown>, RegExp][] = [
  ['a block that is gone', async () => undefined, /there is no such block, or it is gone/],
  [
    'a deletion that has begun',
    async (w) => {
      await w.putBlock(C);
      await w.bucket.delete(`${C}/meta.json`);
      await w.mark(C, 0);
    },
    /its deletion has begun, meta\.json is gone: no mark brings it back/,
  ],
  ['an upload under way', (w) => w.put(`${C}/index`, 'x'), /it has no meta\.json: an upload/],
];

test.each(LOST)('%s is refused, and the others are done', async (_, make, message) => {
  for (const argv of [['unmark'], mark('deletion-mark.json', '--details=x').toSpliced(1, 1)]) {
    const world = await oneBlock();
    await make(world);
    await world.mark(A, 0);
    const before = await world.keys();
    const { code, err, out } = await world.run(...argv, `--id=${C}`, `--id=${A}`);
    expect(code).toBe(1);
    expect(err).toMatch(message);
    expect(out).toContain(A);
    const left =
      argv[0] === 'unmark' ? before.filter((key) => key !== `${A}/deletion-mark.json`) : before;
    expect(await world.keys()).toEqual(left);
  }
});

test('a deletion that begins while the mark is taken away is told of', async () => {
  const world = await oneBlock();
  await world.mark(A, 0);
  const { bucket } = world;
  const remove = bucket.delete.bind(bucket);
  bucket.delete = async (key, call) => {
    await remove(key, call);
    if (key.endsWith('deletion-mark.json')) await remove(`${A}/meta.json`);
  };
  const { code, err } = await world.run('unmark', `--id=${A}`);
  expect(code).toBe(1);
  expect(err).toContain('its deletion had begun just before');
});

test('as JSON: one object for each block', async () => {
  const world = await oneBlock();
  const marker = '--marker=no-downsample-mark.json';
  const both = [marker, `--id=${A}`, `--id=${B}`, '--output=json'];
  const { code, out } = await world.run('mark', '--details=d', ...both);
  const lines = out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(code).toBe(1);
  expect(lines).toEqual([
    {
      ...{ block: A, mark: 'no-downsample-mark.json', did: 'set', what: 'set' },
      ...{ time: '2026-12-01T00:00:00.000Z', reason: 'manual', details: 'd' },
    },
    { block: B, mark: 'no-downsample-mark.json', did: 'failed', what: expect.any(String) },
  ]);
});
