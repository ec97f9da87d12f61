// What downsampling a block will cost, before it starts, from what the view knows of it: it is done
// as a merge of the one block (merge-blocks.ts), but what is written is different. Pure.

import type { ViewedBlock } from '../../bucket/block-view.ts';
import type { JobEstimate } from '../plan/options.ts';
import { estimateMerge } from './estimate.ts';
import { segmentBytesFor } from './merge-sizes.ts';

/** A window of floats: five times and values, each as long as one that does not compress. */
const WINDOW_BYTES_MAX = 5 * 19;
/** A chunk's lengths, encodings, checksum and first samples. */
const CHUNK_BYTES = 128;
/** Of histograms, sum and counter are histograms too: as many bytes as the source has, each. */
const HISTOGRAM_PARTS = 2;
/** Fewer than docs/formats/aggregate-chunks.md has in a chunk, "How many chunks". */
const WINDOWS_PER_CHUNK_MIN = 60;

/** The estimate of making one block coarser. */
export function estimateDownsampling(block: ViewedBlock, resolutionMs: number): JobEstimate {
  const asMerge = estimateMerge([block]);
  const { cost } = asMerge;
  const windowsOfSeries = Math.ceil((block.maxTimeMs - block.minTimeMs) / resolutionMs) + 1;
  const windows = Math.min(block.numSamples, windowsOfSeries * block.numSeries);
  const chunks = windows / WINDOWS_PER_CHUNK_MIN + 2 * block.numSeries;
  const sourceBytes = Math.max(0, block.sizeBytes - block.indexBytes);
  const chunkBytes = Math.ceil(
    windows * WINDOW_BYTES_MAX + chunks * CHUNK_BYTES + HISTOGRAM_PARTS * sourceBytes,
  );
  const indexBytes = Math.max(0, cost.writtenBytes - sourceBytes);
  const segments = 2 * segmentBytesFor(block.sizeBytes);
  return {
    ...asMerge,
    cost: {
      ...cost,
      writtenBytes: indexBytes + chunkBytes,
      diskBytes: Math.min(segments, chunkBytes) + indexBytes,
    },
  };
}
