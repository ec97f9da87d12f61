import { describe, expect, it } from 'vitest';
import { chooseWindows } from '../../../../src/base/chunk/choose-windows.ts';
import { FloatSamples } from '../../../../src/base/chunk/float-samples.ts';

function counts(...samples: readonly (readonly [number, number])[]): FloatSamples {
  const made = new FloatSamples();
  for (const [timeMs, count] of samples) made.push(timeMs, count);
  return made;
}

describe('of blocks that overlap, a reader takes', () => {
  it('in each window the one with the larger count', () => {
    const a = counts([9, 5], [19, 2], [29, 5]);
    const b = counts([19, 4], [29, 5], [39, 1]);
    expect(chooseWindows([a, b], 10)).toEqual([
      { source: 0, startMs: 0, endMs: 9 },
      { source: 1, startMs: 10, endMs: 19 },
      { source: 0, startMs: 20, endMs: 29 },
      { source: 1, startMs: 30, endMs: 39 },
    ]);
  });

  it('the first of the list at equal counts, neighbours in one go', () => {
    const a = counts([9, 5], [19, 5], [109, 5]);
    const b = counts([9, 5], [19, 5]);
    expect(chooseWindows([a, b], 10)).toEqual([{ source: 0, startMs: 0, endMs: 109 }]);
  });

  it('a window that two chunks share as one', () => {
    // The first chunk ends at 14, the second begins in the same window.
    const split = counts([9, 5], [14, 3], [19, 3]);
    const whole = counts([19, 5]);
    expect(chooseWindows([whole, split], 10)).toEqual([{ source: 1, startMs: 0, endMs: 19 }]);
  });

  it('nothing where there is nothing', () => {
    expect(chooseWindows([], 10)).toEqual([]);
    expect(chooseWindows([counts()], 10)).toEqual([]);
  });

  it('windows before 1970, too', () => {
    expect(chooseWindows([counts([-11, 1])], 10)).toEqual([
      { source: 0, startMs: -20, endMs: -11 },
    ]);
  });
});
