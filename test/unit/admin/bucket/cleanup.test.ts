import { describe, expect, test } from 'vitest';
import { PARTIAL_AGE_MS } from '../../../../src/admin/bucket/cleanup.ts';
import { VarveError } from '../../../../src/base/errors/varve-error.ts';
import type { SweepOptions, UnfinishedUpload } from '../../../../src/bucket/bucket.ts';
import { BucketWorld, ULIDS } from '../../../support/bucket-world.ts';

const [A, B, C] = ULIDS;
const HOUR_MS = 3_600_000;

/** A whole block, one that was marked three days ago, and half an upload of three days ago. */
async function world(): Promise<BucketWorld> {
  const made = new BucketWorld();
  await made.putBlock(A);
  await made.putBlock(B);
  await made.mark(B, made.clock.nowMs());
  await made.put(`${C}/chunks/000001`, 'half');
  await made.put('varve/x', 'x');
  await made.put('debug/y', 'y');
  await made.clock.advance(72 * HOUR_MS);
  return made;
}

const blocksLeft = async (made: BucketWorld): Promise<string[]> => [
  ...new Set((await made.keys()).map((key) => key.split('/')[0]!)),
];

test('marked blocks and cut-off uploads go; all else stays', async () => {
  const made = await world();
  const before = (await made.keys()).filter((key) => key.startsWith(A));
  const { code, out, err } = await made.run('cleanup');
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(await made.keys()).toEqual([...before, 'debug/y', 'varve/x']);
  expect(out).toMatch(new RegExp(`^deleted ${B}, 4 files, .*: marked for deletion 2026-12-01T`));
  expect(out).toContain(`deleted ${C}, 1 files, 4 B: no meta.json, last written 2026-12-01T`);
  expect(out).toMatch(
    /1 marked blocks, 1 parts of blocks and 0 unfinished uploads deleted, .*; 0 wait, 0 failed\n$/,
  );
});

test('--dry-run says the same and deletes nothing', async () => {
  const made = await world();
  const before = await made.keys();
  const { code, out } = await made.run('cleanup', '--dry-run');
  expect(code).toBe(0);
  expect(out).toContain(`would delete ${B}, 4 files`);
  expect(out).toContain(`would delete ${C}, 1 files`);
  expect(await made.keys()).toEqual(before);
});

test.each<[string, string[], string[]]>([
  ['the delays', ['--delete-delay=4d', '--consistency-delay=4d'], [A, B, C]],
  ['only the mark', ['--delete-delay=4d'], [A, B]],
  ['only the part', ['--consistency-delay=4d'], [A, C]],
])('%s keep what is fresh', async (_, argv, left) => {
  const made = await world();
  const { out } = await made.run('cleanup', ...argv);
  expect(await blocksLeft(made)).toEqual([...left, 'debug', 'varve']);
  expect(out).toContain(' stays for now: ');
});

test('a part is kept 48 hours whatever the consistency delay says', async () => {
  const made = new BucketWorld();
  await made.put(`${C}/index`, 'x');
  await made.clock.advance(PARTIAL_AGE_MS);
  await made.run('cleanup', '--consistency-delay=0s');
  expect(await made.keys()).toHaveLength(1);
  await made.clock.advance(1);
  await made.run('cleanup', '--consistency-delay=0s');
  expect(await made.keys()).toEqual([]);
});

test('an upload of an old block that goes on now is left alone', async () => {
  const made = new BucketWorld();
  await made.put(`${C}/chunks/000001`, 'old');
  await made.clock.advance(72 * HOUR_MS);
  await made.put(`${C}/index`, 'new');
  const { out } = await made.run('cleanup');
  expect(await made.keys()).toHaveLength(2);
  expect(out).toContain('stays for now: no meta.json, last written 2026-12-04');
});

test.each<[string, string, RegExp]>([
  ['is no JSON', '{', /it is not JSON/],
  [
    'is of a later version',
    `{"id":"${B}","version":2,"deletion_time":1}`,
    /version 2 is not known/,
  ],
  ['is of another block', `{"id":"${A}","version":1,"deletion_time":1}`, /is a mark of block/],
  ['has no time', `{"id":"${B}","version":1}`, /it has no deletion_time/],
])('a mark that %s deletes nothing', async (_, mark, message) => {
  const made = await world();
  await made.put(`${B}/deletion-mark.json`, mark);
  const { code, out, err } = await made.run('cleanup');
  expect(code).toBe(1);
  expect(err).toMatch(message);
  expect(await blocksLeft(made)).toEqual([A, B, 'debug', 'varve']);
  expect(out).toContain('0 marked blocks, 1 parts of blocks and 0 unfinished uploads deleted');
});

test('a deletion that was cut off anywhere is ended', async () => {
  // Deletions in their order: after each, the rest must go at the next run.
  for (let kept = 1; kept <= 3; kept++) {
    const made = await world();
    let deletions = 0;
    const { bucket } = made;
    const cut = new Proxy(bucket, {
      get: (target, name) => {
        if (name !== 'delete') {
          const value: unknown = Reflect.get(target, name);
          return typeof value === 'function' ? value.bind(target) : value;
        }
        return async (key: string) => {
          if (key.startsWith(B) && ++deletions > kept) throw new Error('cut off');
          await target.delete(key);
        };
      },
    });
    Object.defineProperty(made, 'bucket', { value: cut, configurable: true });
    expect((await made.run('cleanup')).code).toBe(1);
    // meta.json went first, the mark is there still.
    const keys = await made.keys();
    expect(keys).not.toContain(`${B}/meta.json`);
    expect(keys).toContain(`${B}/deletion-mark.json`);
    Object.defineProperty(made, 'bucket', { value: bucket });
    expect((await made.run('cleanup')).code).toBe(0);
    expect(await blocksLeft(made)).toEqual([A, 'debug', 'varve']);
  }
});

describe('uploads that no listing shows', () => {
  const HALF = 'chunks/000001';

  /** Uploads by key, with when they were begun; what is removed of them goes from the map. */
  function withUploads(made: BucketWorld, uploads: Map<string, number | undefined>): string[] {
    const swept: string[] = [];
    const listUnfinished = async function* (prefix: string): AsyncIterable<UnfinishedUpload> {
      for (const [key, sinceMs] of uploads)
        if (key.startsWith(prefix)) yield { key, id: '', sinceMs };
    };
    const removeUnfinished = async (prefix: string, { beforeMs }: SweepOptions = {}) => {
      swept.push(prefix);
      for (const [key, sinceMs] of [...uploads])
        if (key.startsWith(prefix) && (beforeMs === undefined || (sinceMs ?? beforeMs) < beforeMs))
          uploads.delete(key);
    };
    Object.assign(made.bucket, { listUnfinished, removeUnfinished });
    return swept;
  }

  async function old(): Promise<{ made: BucketWorld; nowMs: number; staleMs: number }> {
    const made = new BucketWorld();
    await made.putBlock(A);
    const nowMs = made.clock.nowMs();
    return { made, nowMs, staleMs: nowMs - PARTIAL_AGE_MS - 1 };
  }

  test('go when they are old, under a ULID without objects, with some, and below varve/', async () => {
    const { made, nowMs, staleMs } = await old();
    const uploads = new Map<string, number | undefined>([
      [`${A}/${HALF}`, staleMs],
      [`${B}/${HALF}`, staleMs],
      [`${B}/index`, staleMs - 1000],
      [`${C}/${HALF}`, nowMs],
      ['varve/wal/x', staleMs],
      ['others/file', staleMs],
    ]);
    withUploads(made, uploads);
    const before = await made.keys();
    const { code, out, err } = await made.run('cleanup');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect([...uploads.keys()]).toEqual([`${C}/${HALF}`, 'others/file']);
    expect(await made.keys()).toEqual(before);
    expect(out).toMatch(
      new RegExp(`deleted ${B}/: 2 unfinished uploads, since 2026-11-28T23:59:5`),
    );
    expect(out).toContain(`${C}/: 1 unfinished uploads stay for now`);
    expect(out).toMatch(/and 4 unfinished uploads deleted, 0 B; 1 wait, 0 failed\n$/);
  });

  test('stay where one of them moves: only the old one goes', async () => {
    const { made, nowMs, staleMs } = await old();
    const uploads = new Map<string, number | undefined>([
      [`${B}/${HALF}`, staleMs],
      [`${B}/index`, nowMs - PARTIAL_AGE_MS],
      [`${B}/tombstones`, undefined],
    ]);
    withUploads(made, uploads);
    const { out } = await made.run('cleanup');
    expect([...uploads.keys()]).toEqual([`${B}/index`, `${B}/tombstones`]);
    expect(out).toMatch(/and 1 unfinished uploads deleted, 0 B; 2 wait, 0 failed\n$/);
  });

  test('are only named with --dry-run, those of a part that is deleted once', async () => {
    const { made, staleMs } = await old();
    await made.put(`${C}/index`, 'half');
    await made.clock.advance(PARTIAL_AGE_MS + 1);
    const uploads = new Map([
      [`${B}/${HALF}`, staleMs],
      [`${C}/${HALF}`, staleMs],
    ]);
    const swept = withUploads(made, uploads);
    const { out } = await made.run('cleanup', '--dry-run');
    expect(swept).toEqual([]);
    expect(out).toContain(`would delete ${C}, 1 files`);
    expect(out).toContain(`would delete ${B}/: 1 unfinished uploads`);
    expect(out).toMatch(/1 parts of blocks and 1 unfinished uploads would be deleted/);
  });

  test('of a store that denies their list are a failure, and the blocks are cleaned', async () => {
    const made = await world();
    // biome-ignore lint/correctness/useYield: it fails before the first.
    const listUnfinished = async function* () {
      throw new VarveError('store_denied', 'no list');
    };
    Object.assign(made.bucket, { listUnfinished });
    const { code, out, err } = await made.run('cleanup');
    expect(code).toBe(1);
    expect(err).toContain('unfinished uploads: no list');
    expect(out).toMatch(/1 marked blocks, 1 parts of blocks and .* 1 failed\n$/);
  });
});
