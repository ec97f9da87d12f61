import { describe, expect, it } from 'vitest';
import { type CutEngine, CutLoop, type CutWork } from '../../../src/head/cut-loop.ts';
import type { CutRange } from '../../../src/head/plan.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { MemoryLogger } from '../../support/memory-logger.ts';

const range: CutRange = { kind: 'late', windowStartMs: 0, minTimeMs: 0, maxTimeMs: 1 };

function world(cut: (stream: string) => Promise<{ ulid: string } | undefined>) {
  const did: string[] = [];
  const engine: CutEngine<CutWork> = {
    dueCuts: async (flush) =>
      (flush ? ['a', 'b', 'c'] : ['a']).map((stream) => ({ stream, range })),
    openCut: async ({ stream }) => ({ stream, job: {} }) as CutWork,
    closeCut: async ({ stream }, stored) => void did.push(`close ${stream} ${stored}`),
  };
  const timers = new ManualClock();
  const loop = new CutLoop<CutWork>({
    engines: [engine],
    cut: ({ stream }) => cut(stream),
    onBlocks: () => void did.push('blocks'),
    timers,
    logger: new MemoryLogger(),
  });
  return { loop, did, timers };
}

describe('CutLoop', () => {
  it('closes every cut, as stored only when the block is in place or nothing was to be stored', async () => {
    const { loop, did } = world(async (stream) => {
      if (stream === 'b') throw new Error('the disk is full');
      return stream === 'c' ? undefined : { ulid: stream };
    });
    expect(await loop.round(true)).toEqual({ cut: 1, failed: 1 });
    expect(did).toEqual(['close a true', 'close b false', 'close c true']);
  });

  it('asks by itself every 15 seconds, and says when there are blocks', async () => {
    const { loop, did, timers } = world(async () => ({ ulid: 'x' }));
    loop.start();
    await timers.advance(14_999);
    expect(did).toEqual([]);
    await timers.advance(1);
    expect(did).toEqual(['close a true', 'blocks']);
  });

  it('a drain waits for the cut under way and begins no other', async () => {
    let finish = (): void => undefined;
    const slow = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const { loop, did } = world(async () => {
      await slow;
      return { ulid: 'x' };
    });
    const round = loop.round(true);
    await new Promise(setImmediate);
    const drained = loop.drain().then(() => did.push('drained'));
    await new Promise(setImmediate);
    expect(did).toEqual([]);
    finish();
    expect(await round).toEqual({ cut: 1, failed: 0 });
    await drained;
    expect(did).toEqual(['close a true', 'drained']);
  });
});
