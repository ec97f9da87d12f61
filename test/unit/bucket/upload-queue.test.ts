import { describe, expect, it } from 'vitest';
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
    const cut = { ulid: one.ulid, tenant: 'a', sizeBytes: 10, minTimeMs: 0, numChunks: 1 };
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
    const cut = { ulid, tenant: 'b', sizeBytes: 1400, minTimeMs: 0, numChunks: 10 };
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
      a: { blocks: 2, compacted: 1, sizeBytes: 11, oldestAgeMs: HOUR },
      b: { blocks: 0, compacted: 0, sizeBytes: 0, oldestAgeMs: 0 },
    });
  });
});
