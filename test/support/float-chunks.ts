// Chunks of a few floats, for tests of what is done with chunks.

import { ChunkBuilder } from '../../src/base/chunk/chunk-builder.ts';
import type { TimedChunk } from '../../src/base/chunk/merge-chunks.ts';

/** One chunk: the same low half of the value at each time. */
export function floatChunk(times: readonly number[], low: number): TimedChunk {
  const builder = new ChunkBuilder();
  for (const timeMs of times) builder.addFloat(timeMs, low, 0);
  const [made, ...more] = builder.take();
  if (made === undefined || more.length > 0) throw new Error('not one chunk');
  const { bytes, ...rest } = made;
  return { ...rest, view: new DataView(bytes.buffer), base: 0, lengthBytes: bytes.length };
}
