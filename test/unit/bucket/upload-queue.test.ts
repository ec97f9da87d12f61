import { describe, expect, it } from 'vitest';
import { VarveError } from '../../../src/base/errors/varve-error.ts';
import { UlidMaker } from '../../../src/base/model/ulid.ts';
import type { LocalBlock } from '../../../src/bucket/local-block.ts';
import { UploadQueue } from '../../../src/bucket/upload-queue.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { SeededRandom } from '../../support/seeded-random.ts';

const HOUR = 3_600_000;

async function world() {
  const clock = new ManualClock();
  const ulids = new UlidMaker(clock, new SeededRandom(1));
  const block = (sizeBytes: number, rest: Partial<LocalBlock> = {}): LocalBlock => ({
    ulid: ulids.next(),
    dir: '',
    minTimeMs: 0,
    maxTimeMs: 1,
    cutAt: { segment: 1, offset: 0 },
    files: [{ name: 'index', sizeBytes, crc32c: undefined }],
    coversLog: false,
    isForeign: false,
    metaBytes: new Uint8Array(),
    ...rest,
  });
  return { clock, block, queue: new UploadQueue() };
}

describe('UploadQueue', () => {
  it('counts what is not uploaded, and names what waits longest', async () => {
    const { clock, block, queue } = await world();
    const old = block(10);
    await clock.advance(HOUR);
    const [done, young] = [block(100), block(1000)];
    queue.setDir('/a', 'a', { blocks: [young, done], uploaded: new Set([done.ulid]) });
    queue.setDir('/b', 'b', { blocks: [old], uploaded: new Set() });
    expect(queue.status()).toMatchObject({ blocks: 2, sizeBytes: 1010 });
    expect(queue.status().oldest).toMatchObject({ ulid: old.ulid, tenant: 'b' });
    queue.remove('/b', old.ulid);
    expect(queue.status()).toMatchObject({ blocks: 1, sizeBytes: 1000 });
    queue.keepDirs(new Set());
    expect(queue.status()).toMatchObject({ blocks: 0, sizeBytes: 0, oldest: undefined });
  });

  it('a block counts once, whether it is cut or listed first', async () => {
    const { block, queue } = await world();
    const one = block(10);
    const cut = {
      ulid: one.ulid,
      tenant: 'a',
      sizeBytes: 10,
      minTimeMs: 0,
      maxTimeMs: 1,
      numChunks: 1,
    };
    queue.add('/a', cut);
    queue.setDir('/a', 'a', { blocks: [one], uploaded: new Set() });
    queue.add('/a', cut);
    expect(queue.status()).toMatchObject({ blocks: 1, sizeBytes: 10 });
  });

  it('what a Prometheus left waits, and is no reason to refuse writes', async () => {
    const { clock, block, queue } = await world();
    const foreign = block(5000, { isForeign: true });
    queue.setDir('/a', 'a', { blocks: [foreign], uploaded: new Set() });
    const status = queue.status();
    expect(status).toMatchObject({ blocks: 1, sizeBytes: 0 });
    expect(queue.byTenant(clock.nowMs()).get('a')).toMatchObject({ blocks: 1, sizeBytes: 5000 });
  });

  it('knows how large a chunk is, from the blocks that Varve made', async () => {
    const { block, queue } = await world();
    expect(queue.status().bytesPerChunk).toBe(256);
    const blocks = [
      block(100, { numChunks: 2 }),
      block(500, { numChunks: 8 }),
      block(1e9, { isForeign: true, numChunks: 1 }),
    ];
    queue.setDir('/a', 'a', { blocks, uploaded: new Set(blocks.slice(0, 1).map((b) => b.ulid)) });
    expect(queue.status().bytesPerChunk).toBe(60);
    const { ulid } = block(0);
    const range = { minTimeMs: 5, maxTimeMs: 6 };
    const cut = { ulid, tenant: 'b', sizeBytes: 1400, ...range, numChunks: 10 };
    queue.add('/b', cut);
    queue.add('/b', cut);
    expect(queue.status().bytesPerChunk).toBe(100);
  });

  it('shows each tenant over all its streams, also when nothing waits', async () => {
    const { clock, block, queue } = await world();
    const compacted = block(10, { isCompacted: true });
    await clock.advance(HOUR);
    queue.setDir('/a@1', 'a', { blocks: [compacted], uploaded: new Set() });
    queue.setDir('/a@2', 'a', { blocks: [block(1)], uploaded: new Set() });
    queue.setDir('/b', 'b', { blocks: [], uploaded: new Set() });
    expect(Object.fromEntries(queue.byTenant(clock.nowMs()))).toEqual({
      // Both are of one millisecond, but of two streams: neither waits for the other.
      a: { blocks: 2, compacted: 1, held: 0, failing: 0, sizeBytes: 11, oldestAgeMs: HOUR },
      b: { blocks: 0, compacted: 0, held: 0, failing: 0, sizeBytes: 0, oldestAgeMs: 0 },
    });
  });

  it('says of each block what it waits for, and why that waits', async () => {
    const { clock, block, queue } = await world();
    const range = (minTimeMs: number, maxTimeMs: number) => ({ minTimeMs, maxTimeMs });
    const blocks = [block(1, range(0, 10)), block(1, range(5, 20)), block(1, range(15, 30))];
    const [first, second, third] = blocks.map(({ ulid }) => ulid);
    const free = block(1, range(30, 40));
    queue.setDir('/a', 'a', { blocks: [...blocks, free], uploaded: new Set() });
    queue.noteFailure('/a', first ?? '', new VarveError('store_denied', 'no'));
    queue.noteOwnFault(first ?? '');
    const failure = { code: 'store_denied', message: 'no' };
    expect(queue.explained(9)).toMatchObject([
      { ulid: first, failure, failsAlone: true, heldBy: undefined },
      { ulid: second, failure: undefined, failsAlone: false, heldBy: { ulid: first, failure } },
      { ulid: third, heldBy: { ulid: second, isGone: false, failure } },
      { ulid: free.ulid, heldBy: undefined },
    ]);
    expect(queue.explained(2)).toHaveLength(2);
    const seen = queue.byTenant(clock.nowMs()).get('a');
    expect(seen).toMatchObject({ blocks: 4, held: 2, failing: 1 });
    // The list is made anew each round: what is known of the failure stays.
    queue.setDir('/a', 'a', { blocks, uploaded: new Set() });
    expect(queue.explained(1)).toMatchObject([{ failure, failsAlone: true }]);
    queue.remove('/a', first ?? '');
    expect(queue.explained(9)).toMatchObject([{ heldBy: undefined }, { heldBy: { ulid: second } }]);
    queue.setDir('/a', 'a', { blocks, uploaded: new Set() });
    expect(queue.explained(1)).toMatchObject([{ failure: undefined, failsAlone: false }]);
  });

  it('tells when what a block waits for is gone, and counts what is cut at once', async () => {
    const { clock, block, queue } = await world();
    const gone = block(1, { minTimeMs: 0, maxTimeMs: 10 });
    queue.setDir('/a', 'a', { blocks: [], uploaded: new Set(), gone: [gone] });
    const range = { minTimeMs: 5, maxTimeMs: 6, cutAt: { segment: 2, offset: 0 } };
    queue.add('/a', { ulid: block(1).ulid, tenant: 'a', sizeBytes: 1, ...range, numChunks: 1 });
    expect(queue.explained(9)).toMatchObject([{ heldBy: { ulid: gone.ulid, isGone: true } }]);
    expect(queue.byTenant(clock.nowMs()).get('a')).toMatchObject({ blocks: 1, held: 1 });
    expect(queue.status().blocks).toBe(1);
  });
});
