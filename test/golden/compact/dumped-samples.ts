// The samples of a reference dump in the form in which merged blocks are read, and their comparison.

import { expect } from 'vitest';
import { labelsText } from '../../../src/base/model/labels.ts';
import type { SampleText } from '../../support/merge-world.ts';
import type { DumpedSeries } from '../block/blocks.ts';
import { bitsOf, isSameHistogram } from '../block/compare.ts';

/** The samples of a dump as MergeTestWorld gives them. */
export function dumpedSamples(dump: readonly DumpedSeries[]): Map<string, SampleText[]> {
  const all = new Map<string, SampleText[]>();
  for (const series of dump) {
    const labels = Object.entries(series.labels).map(([name, value]) => ({ name, value }));
    const samples = series.chunks.flatMap(({ samples }) =>
      samples.map(([timeMs, value, text, shape]): SampleText => {
        if (text === undefined) return [timeMs, bitsOf(value)];
        return [timeMs, `${value} ${text} ${String(shape).replace(/hint=\d+ /, '')}`];
      }),
    );
    all.set(labelsText(labels), samples);
  }
  return all;
}

export function expectSame(
  actual: ReadonlyMap<string, readonly SampleText[]>,
  wanted: ReadonlyMap<string, readonly SampleText[]>,
): void {
  expect([...actual.keys()]).toEqual([...wanted.keys()]);
  for (const [series, samples] of wanted) {
    const ours = actual.get(series) ?? [];
    expect(ours.map(([timeMs]) => timeMs).join(), series).toBe(
      samples.map(([timeMs]) => timeMs).join(),
    );
    for (const [i, [, text]] of samples.entries()) {
      const other = ours[i]?.[1] ?? '';
      if (other !== text && !isSameHistogram(other, text)) expect(other, series).toBe(text);
    }
  }
}
