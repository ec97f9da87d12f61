// The counter's parts of aggregate chunks as one counter that never falls
// (docs/formats/aggregate-chunks.md, "Counters").
//
// Each part begins with the first raw value and ends with the last one, the latter at the time of
// the window before it: a time that comes again says "this is what the counter really showed". So
// from one part to the next a reset is seen where there was one.

import { ChunkReader } from '../base/chunk/chunk-reader.ts';
import type { FloatSamples } from '../base/chunk/float-samples.ts';
import type { TimedChunk } from '../base/chunk/merge-chunks.ts';
import { notRising } from '../base/chunk/reencode.ts';
import { doubleOf } from '../base/chunk/xor-cells.ts';

/**
 * Appends the counter, summed up over all parts, to `into`; NaNs are left out.
 *
 * @returns the last raw value
 * @throws VarveError damaged_chunk also where times are not those given
 */
export function counterValues(parts: readonly TimedChunk[], into: FloatSamples): number {
  const reader = new ChunkReader();
  let lastMs = Number.NEGATIVE_INFINITY;
  let last = Number.NaN;
  let counted = 0;
  for (const part of parts) {
    reader.open(part);
    while (reader.next()) {
      const { timeMs } = reader;
      if (timeMs < part.minTimeMs || timeMs > part.maxTimeMs) throw notRising(timeMs);
      const value = doubleOf(reader.low, reader.high);
      if (Number.isNaN(value)) continue;
      if (timeMs > lastMs) {
        if (lastMs === Number.NEGATIVE_INFINITY) counted = value;
        else counted += value >= last ? value - last : value;
        lastMs = timeMs;
        into.push(lastMs, counted);
      }
      // What goes back in time is left out, as Thanos does.
      if (timeMs === lastMs) last = value;
    }
  }
  return last;
}
