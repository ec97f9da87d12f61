import { describe, expect, it, test } from 'vitest';
import { VarveError } from '../../../../src/base/errors/varve-error.ts';
import { parseOwnMeta } from '../../../../src/block/meta/parse-own.ts';
import type { BucketReader, StoreRequest } from '../../../../src/bucket/bucket.ts';
import { UNREADABLE_MARK, ViewMaker } from '../../../../src/bucket/view/view-maker.ts';
import { Catalog } from '../../../../src/catalog/catalog.ts';
import { ViewCatalog } from '../../../../src/catalog/view-catalog.ts';
import { BucketWorld, ULIDS } from '../../../support/bucket-world.ts';
import { MemoryDatabases } from '../../../support/memory-databases.ts';
import { MemoryLogger } from '../../../support/memory-logger.ts';

const [A, B, C] = ULIDS;
const HOUR_MS = 3_600_000;

/** A bucket of three blocks, looked at an hour after they were put. */
async function threeBlocks(): Promise<BucketWorld> {
  const world = new BucketWorld();
  for (const ulid of ULIDS) await world.putBlock(ulid);
  await world.clock.advance(HOUR_MS);
  return world;
}

function cacheOf({ clock, disk }: BucketWorld): ViewCatalog {
  const databases = new MemoryDatabases(disk);
  return new ViewCatalog(
    new Catalog({ databases, disk, clock, logger: new MemoryLogger(), path: '/c.db' }),
  );
}

/** Views through one maker, with the requests that each cost. */
function views(world: BucketWorld, options: { bucket?: BucketReader; isCached?: boolean } = {}) {
  const requests: StoreRequest[] = [];
  const observed = world.bucket.observedBy((one) => requests.push(one));
  const bucket = options.bucket ?? observed;
  const cache = options.isCached === true ? cacheOf(world) : undefined;
  const maker = new ViewMaker({ bucket, parseMeta: parseOwnMeta, cache, clock: world.clock });
  return async () => {
    requests.length = 0;
    const view = await maker.take();
    const count = (kind: string) => requests.filter((one) => one.class === kind).length;
    return {
      ...view,
      ulids: view.blocks.map(({ ulid }) => ulid),
      lists: count('list'),
      reads: count('read'),
    };
  };
}

/** The bucket, with `get` of one key as given. */
function withGet(inner: BucketReader, key: string, get: BucketReader['get']): BucketReader {
  return {
    name: inner.name,
    get: (asked, range, options) =>
      (asked === key ? get : inner.get.bind(inner))(asked, range, options),
    attributes: (asked) => inner.attributes(asked),
    exists: (asked) => inner.exists(asked),
    list: (prefix, options) => inner.list(prefix, options),
    listNames: (prefix) => inner.listNames(prefix),
    listUnfinished: (prefix) => inner.listUnfinished(prefix),
  };
}

/** Fails as often as said, then goes on. */
function failing(
  inner: BucketReader,
  error: VarveError,
  times = Number.POSITIVE_INFINITY,
): BucketReader['get'] {
  let left = times;
  return async function* (key, range, options) {
    if (left-- > 0) throw error;
    yield* inner.get(key, range, options);
  };
}

test('a block as its meta.json and the listing have it', async () => {
  const world = await threeBlocks();
  await world.put(
    `${A}/no-compact-mark.json`,
    JSON.stringify({ id: A, version: 1, no_compact_time: 5, reason: 'manual' }),
  );
  await world.mark(B, 7000);
  const view = await views(world)();
  const [a, b] = view.blocks;
  const meta = JSON.parse((await world.get(`${A}/meta.json`)).toString());
  const index = await world.get(`${A}/index`);
  expect(a).toMatchObject({
    ulid: A,
    minTimeMs: meta.minTime,
    maxTimeMs: meta.maxTime,
    labels: [{ name: 'tenant_id', value: 'a' }],
    resolutionMs: 0,
    sources: [...meta.compaction.sources],
    numSamples: meta.stats.numSamples,
    indexBytes: index.length,
    uploadedMs: world.clock.nowMs() - HOUR_MS,
    marks: { noCompact: { ulid: A, timeMs: 5000, reason: 'manual' }, deletion: undefined },
  });
  const sizes = await Promise.all(
    (await world.keys())
      .filter((key) => key.startsWith(A) && !key.endsWith('.json'))
      .map((key) => world.get(key)),
  );
  expect(a!.fileCount).toBe(sizes.length);
  expect(a!.sizeBytes).toBe(sizes.reduce((sum, { length }) => sum + length, 0));
  expect(b!.marks.deletion?.timeMs).toBe(7000);
  expect(b!.labels).toBe(a!.labels); // each label set is there once
  expect([view.takenMs, view.partial, view.faults]).toEqual([world.clock.nowMs(), [], []]);
});

describe('requests', () => {
  it('are one listing, and one for each meta.json and mark that is new or has changed', async () => {
    const world = await threeBlocks();
    const take = views(world);
    expect(await take()).toMatchObject({ ulids: ULIDS, lists: 1, reads: 3 });
    expect(await take()).toMatchObject({ ulids: ULIDS, lists: 1, reads: 0 });
    await world.mark(B, 0);
    await world.clock.advance(HOUR_MS);
    expect(await take()).toMatchObject({ lists: 1, reads: 1 });
    await world.change(`${C}/meta.json`, (bytes) => bytes);
    await world.clock.advance(HOUR_MS);
    expect(await take()).toMatchObject({ reads: 1 });
    await world.bucket.delete(`${B}/deletion-mark.json`);
    const last = await take();
    expect([last.reads, last.blocks[1]!.marks.deletion]).toEqual([0, undefined]);
  });

  it('are none for what the catalogue knows, and all when it is lost', async () => {
    const world = await threeBlocks();
    await world.mark(B, 7000);
    await world.clock.advance(HOUR_MS);
    const first = await views(world, { isCached: true })();
    expect(first.reads).toBe(4);
    const again = await views(world, { isCached: true })();
    expect(again.reads).toBe(0);
    expect(again.blocks).toEqual(first.blocks);
    world.disk.databases.clear();
    expect(await views(world, { isCached: true })()).toMatchObject({ reads: 4 });
  });

  it('are made again for what was written at the moment of the listing', async () => {
    const world = new BucketWorld();
    await world.putBlock(A);
    const take = views(world);
    expect((await take()).reads).toBe(1);
    expect((await take()).reads).toBe(1);
    await world.clock.advance(HOUR_MS);
    expect([(await take()).reads, (await take()).reads]).toEqual([1, 0]);
  });

  it('are two for what is damaged, then none for an hour', async () => {
    const world = await threeBlocks();
    await world.put(`${B}/meta.json`, '{');
    await world.clock.advance(60_000);
    const take = views(world);
    expect([(await take()).reads, (await take()).reads]).toEqual([4, 0]);
    await world.clock.advance(2 * HOUR_MS);
    expect((await take()).reads).toBe(2);
  });
});

interface Wrong {
  readonly what: string;
  readonly says: RegExp;
  readonly change: (world: BucketWorld) => Promise<void>;
}

interface MetaJson {
  version: number;
  ulid: string;
  minTime: number;
  maxTime: number;
  readonly thanos: Record<string, unknown>;
}

const meta = (world: BucketWorld, how: (json: MetaJson) => void): Promise<void> =>
  world.change(`${B}/meta.json`, (bytes) => {
    const json = JSON.parse(bytes.toString()) as MetaJson;
    delete json.thanos.extensions;
    how(json);
    return Buffer.from(JSON.stringify(json));
  });

const WRONG: readonly Wrong[] = [
  {
    what: 'meta.json is empty',
    says: /meta\.json is not JSON/,
    change: (w) => w.put(`${B}/meta.json`, ''),
  },
  {
    what: 'meta.json is cut off',
    says: /meta\.json is not JSON/,
    change: (w) => w.change(`${B}/meta.json`, (b) => b.subarray(0, 50)),
  },
  {
    what: 'a future version',
    says: /version 2 is not known/,
    change: (w) =>
      meta(w, (m) => {
        m.version = 2;
      }),
  },
  {
    what: 'another block’s ulid',
    says: /its ulid is .*, that of another block/,
    change: (w) =>
      meta(w, (m) => {
        m.ulid = A;
      }),
  },
  {
    what: 'times the wrong way round',
    says: /maxTime is not after minTime/,
    change: (w) =>
      meta(w, (m) => {
        m.maxTime = m.minTime - 1;
      }),
  },
  {
    what: 'no time',
    says: /samples in no time at all/,
    change: (w) =>
      meta(w, (m) => {
        m.maxTime = m.minTime;
      }),
  },
  {
    what: 'times in nanoseconds',
    says: /no milliseconds of any year/,
    change: (w) =>
      meta(w, (m) => {
        m.maxTime = 8.9e15;
      }),
  },
  {
    what: 'an unknown resolution',
    says: /resolution of 60000 ms is not known/,
    change: (w) =>
      meta(w, (m) => {
        m.thanos.downsample = { resolution: 60000 };
      }),
  },
  {
    what: 'another size than meta.json says',
    says: /index has \d+ bytes, meta\.json says/,
    change: (w) => w.change(`${B}/index`, (b) => b.subarray(1)),
  },
  {
    what: 'a missing file',
    says: /file chunks\/000001 is missing/,
    change: (w) => w.bucket.delete(`${B}/chunks/000001`),
  },
  { what: 'no index', says: /file index is missing/, change: (w) => w.bucket.delete(`${B}/index`) },
  {
    what: 'a changed byte that still parses',
    says: /not as it was written, by its own digest/,
    change: (w) =>
      w.change(`${B}/meta.json`, (b) =>
        Buffer.from(b.toString().replace(/"level": 1/, '"level": 2')),
      ),
  },
];

describe('a fault names the block and what is wrong, and harms no other:', () => {
  it.each(WRONG)('$what', async ({ says, change }) => {
    const world = await threeBlocks();
    await change(world);
    await world.clock.advance(HOUR_MS);
    const view = await views(world)();
    expect(view.ulids).toEqual([A, C]);
    expect(view.faults).toEqual([
      { ulid: B, what: expect.stringMatching(says), isTransient: false },
    ]);
    expect(view.faults[0]!.what).toContain(B);
  });

  it('a file that is lost after meta.json was read', async () => {
    const world = await threeBlocks();
    const take = views(world);
    await take();
    await world.bucket.delete(`${B}/chunks/000001`);
    expect(await take()).toMatchObject({ ulids: [A, C], reads: 0, faults: [{ ulid: B }] });
  });

  it('one whose files are not all there is known as broken, with its marks', async () => {
    const world = await threeBlocks();
    await world.bucket.delete(`${B}/chunks/000001`);
    await world.mark(B, 7000);
    const { broken, ulids } = await views(world)();
    expect(ulids).toEqual([A, C]);
    expect(broken).toMatchObject([{ ulid: B, marks: { deletion: { timeMs: 7000 } } }]);
    const { bucket, clock } = world;
    const maker = new ViewMaker({ bucket, parseMeta: parseOwnMeta, cache: undefined, clock });
    expect(await maker.takeOne(B)).toBeUndefined();
  });

  it('a folder in lower case', async () => {
    const world = await threeBlocks();
    await world.put(`${B.toLowerCase()}/meta.json`, '{}');
    const view = await views(world)();
    expect(view.ulids).toEqual(ULIDS);
    expect(view.faults).toMatchObject([{ ulid: B.toLowerCase(), what: /lower case/ }]);
  });
});

test('without meta.json it is partial, whatever else is there', async () => {
  const world = await threeBlocks();
  await world.bucket.delete(`${B}/meta.json`);
  await world.mark(B, 0);
  const view = await views(world)();
  expect([view.ulids, view.faults]).toEqual([[A, C], []]);
  expect(view.partial).toMatchObject([{ ulid: B }]);
});

describe('marks', () => {
  it('that cannot be read keep the block from being worked on, and from being deleted', async () => {
    const world = await threeBlocks();
    await world.put(`${B}/deletion-mark.json`, '{"id":');
    const { blocks, faults } = await views(world)();
    const { deletion, noCompact, noDownsample } = blocks[1]!.marks;
    expect(deletion).toBeUndefined();
    expect([noCompact?.reason, noDownsample?.reason]).toEqual([UNREADABLE_MARK, UNREADABLE_MARK]);
    expect(faults).toMatchObject([
      { ulid: B, what: expect.stringContaining(`${B}/deletion-mark.json`) },
    ]);
  });

  it('of another block are damage', async () => {
    const world = await threeBlocks();
    await world.put(
      `${B}/deletion-mark.json`,
      JSON.stringify({ id: A, version: 1, deletion_time: 1 }),
    );
    const { blocks, faults } = await views(world)();
    expect(blocks[1]!.marks.deletion).toBeUndefined();
    expect(faults[0]!.what).toMatch(/its id is .*, that of another block/);
  });
});

describe('a store', () => {
  const unavailable = new VarveError('store_unavailable', 'no answer');

  it('that does not give one meta.json leaves one block out, as transient, until it does', async () => {
    const world = await threeBlocks();
    const key = `${B}/meta.json`;
    const bucket = withGet(world.bucket, key, failing(world.bucket, unavailable, 1));
    const take = views(world, { bucket });
    const first = await take();
    expect(first.ulids).toEqual([A, C]);
    expect(first.faults).toEqual([{ ulid: B, what: `${key}: no answer`, isTransient: true }]);
    expect(await take()).toMatchObject({ ulids: ULIDS, faults: [] });
  });

  it('that does not give a mark leaves its block out', async () => {
    const world = await threeBlocks();
    await world.mark(B, 0);
    const bucket = withGet(
      world.bucket,
      `${B}/deletion-mark.json`,
      failing(world.bucket, unavailable),
    );
    expect(await views(world, { bucket })()).toMatchObject({
      ulids: [A, C],
      faults: [{ ulid: B, isTransient: true }],
    });
  });

  it('that gives other bytes once has no damaged block', async () => {
    const world = await threeBlocks();
    let tries = 0;
    const bucket = withGet(world.bucket, `${B}/meta.json`, async function* (key) {
      const bytes = await world.get(key);
      if (tries++ === 0) bytes.fill(0x20, 0, 10);
      yield bytes;
    });
    expect(await views(world, { bucket })()).toMatchObject({ ulids: ULIDS, faults: [] });
    expect(tries).toBe(2);
  });

  it('in which a block is deleted meanwhile', async () => {
    const world = await threeBlocks();
    const gone = new VarveError('not_found', 'there is no such object');
    const bucket = withGet(world.bucket, `${B}/meta.json`, failing(world.bucket, gone));
    expect((await views(world, { bucket })()).faults).toMatchObject([
      { ulid: B, isTransient: true },
    ]);
  });

  it('whose listing breaks off gives no view', async () => {
    const world = await threeBlocks();
    const bucket: BucketReader = {
      ...withGet(world.bucket, '', world.bucket.get),
      async *list() {
        yield [{ key: `${A}/meta.json`, sizeBytes: 1, modifiedMs: 1 }];
        throw unavailable;
      },
    };
    await expect(views(world, { bucket })()).rejects.toThrow('no answer');
  });

  it('that is gone is not asked for all of them', async () => {
    const world = new BucketWorld();
    let asked = 0;
    const bucket: BucketReader = {
      ...withGet(world.bucket, '', world.bucket.get),
      // biome-ignore lint/correctness/useYield: it fails before it gives anything
      async *get() {
        asked++;
        throw unavailable;
      },
      async *list() {
        for (let i = 0; i < 5000; i++) {
          const ulid = `01M832KAJWMK22126GMW${String(i).padStart(6, '0')}`;
          yield [{ key: `${ulid}/meta.json`, sizeBytes: 1, modifiedMs: 1 }];
        }
      },
    };
    const { blocks, faults } = await views(world, { bucket })();
    expect([blocks.length, faults.length]).toEqual([0, 5000]);
    expect(faults.every((one) => one.isTransient)).toBe(true);
    expect(asked).toBeLessThan(200);
  });

  it('that fails by a mistake of ours is not taken for a bad block', async () => {
    const world = await threeBlocks();
    const bug = new TypeError('x is undefined');
    const bucket = withGet(world.bucket, `${B}/meta.json`, () => {
      throw bug;
    });
    await expect(views(world, { bucket })()).rejects.toBe(bug);
  });
});

test('a view that is given up ends with the signal’s reason, and what was read is known', async () => {
  const world = await threeBlocks();
  const stop = new AbortController();
  const { clock } = world;
  const requests: StoreRequest[] = [];
  const inner = world.bucket.observedBy((one) => requests.push(one));
  const bucket = withGet(inner, `${C}/meta.json`, async function* (key) {
    await new Promise((resolve) => setImmediate(resolve)); // the others have been read by then
    stop.abort(new VarveError('draining', 'stop'));
    stop.signal.throwIfAborted();
    yield await world.get(key);
  });
  const maker = new ViewMaker({ bucket, parseMeta: parseOwnMeta, cache: cacheOf(world), clock });
  const { signal } = stop;
  await expect(maker.take({ signal })).rejects.toThrow('stop');
  expect(requests.filter((one) => one.class === 'read')).toHaveLength(2);
  expect(await views(world, { isCached: true })()).toMatchObject({ ulids: ULIDS, reads: 1 });
});
