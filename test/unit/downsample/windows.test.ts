import { describe, expect, it } from 'vitest';
import { batchEnds, targetChunkCount } from '../../../src/downsample/windows.ts';

const MINUTE = 60_000;

/** Thanos's own way to the number, step by step. */
function stepByStep(windows: number): number {
  let chunks = 1;
  while (Math.floor(windows / chunks) > 140) chunks++;
  return chunks;
}

describe('the number of chunks', () => {
  it('is the least with at most 140 windows each', () => {
    for (let minutes = 10; minutes < 60_000; minutes += 997) {
      const maxTimeMs = minutes * MINUTE;
      const from = { minTimeMs: 0, maxTimeMs, samples: minutes + 1, stepMs: MINUTE };
      const windows = Math.floor(minutes / 5) + 1;
      expect(targetChunkCount(from, 5 * MINUTE)).toBe(stepByStep(windows));
    }
  });

  it('is less where samples are missing', () => {
    const from = { minTimeMs: 0, maxTimeMs: 2_880 * MINUTE, stepMs: MINUTE };
    expect(targetChunkCount({ ...from, samples: 2_880 }, 5 * MINUTE)).toBe(5);
    expect(targetChunkCount({ ...from, samples: 288 }, 5 * MINUTE)).toBe(1);
  });

  it('is one for a single sample', () => {
    const from = { minTimeMs: 7, maxTimeMs: 7, samples: 1, stepMs: MINUTE };
    expect(targetChunkCount(from, 5 * MINUTE)).toBe(1);
  });
});

describe('a batch of samples', () => {
  it('goes to the end of a window', () => {
    const times = Float64Array.from({ length: 2_880 }, (_, i) => i * MINUTE);
    // 576 windows: 5 chunks of 577 samples, each with the rest of its window.
    expect(batchEnds(times, 5 * MINUTE)).toEqual([580, 1160, 1740, 2320, 2880]);
  });

  it('is none without samples, and one for a single one', () => {
    expect(batchEnds(new Float64Array(0), 10)).toEqual([]);
    expect(batchEnds(Float64Array.of(7), 10)).toEqual([1]);
  });

  it('never has more windows than a chunk can count', () => {
    const times = Float64Array.from({ length: 70_000 }, (_, i) => i * 50 * MINUTE);
    const ends = batchEnds(times, 5 * MINUTE);
    expect(ends.at(-1)).toBe(70_000);
    const sizes = ends.map((end, i) => end - (ends[i - 1] ?? 0));
    expect(Math.max(...sizes)).toBeLessThan(65_533);
  });

  it('ends before times jump by thousands of years', () => {
    expect(batchEnds(Float64Array.of(0, 1, 2 ** 52), 10)).toEqual([2, 3]);
  });
});
