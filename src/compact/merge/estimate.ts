// What a merge will cost, before it starts, from what the view knows of its sources. Pure.
//
// Never below what turns out to be needed, with two exceptions that the view cannot see: a block of
// another maker whose chunks do not lie in the order of its series is read in part twice, and
// histograms of replicas that overlap may take more bytes merged than is reckoned here.

import type { ViewedBlock } from '../../bucket/block-view.ts';
import type { JobEstimate } from '../plan/options.ts';
import type { JobCost } from '../planned-job.ts';
import { segmentBytesFor, windowBytesFor } from './merge-sizes.ts';

/** Of a meta.json: a fixed part, and of each file, each source and its parent. */
const META_BYTES = 8 * 1024;
const META_FILE_BYTES = 600;
const META_SOURCE_BYTES = 200;
/** The table of contents of an index is fetched on its own first. */
const TOC_BYTES = 52;
/** A float sample that compresses not at all: 68 bits of time, 77 of value. */
const SAMPLE_BYTES_MAX = 19;
/** By so much an index may grow, for each chunk and series, as distances and numbers get larger. */
const CHUNK_GROWTH_BYTES = 4;
const SERIES_GROWTH_BYTES = 32;
/** What a chunk takes in an index at most. */
const CHUNK_ENTRY_BYTES = 24;
/** Samples a chunk, at least, where overlapping chunks were merged. */
const MERGED_CHUNK_SAMPLES = 30;
const FIXED_INDEX_BYTES = 64 * 1024;
/** Of each source: list, meta.json, table of contents, tombstones. */
const OPENING_REQUESTS = 4;
/** Of each file of the result: put, and two to verify it. */
const SENDING_REQUESTS = 3;
/** The smallest part of an upload in parts. */
const PART_BYTES = 5 * 1024 * 1024;

/** The cost of merging `sources` into one block. */
export function estimateCost(sources: readonly ViewedBlock[]): JobCost {
  return estimateMerge(sources).cost;
}

/**
 * The same, with what a plan compares with the format's limits. How large the tables of the result
 * are cannot be told from the view: that of `indexTableBytes` is left to the merge, which finds it
 * out before there is a block (outcome `too-large`).
 */
export function estimateMerge(sources: readonly ViewedBlock[]): JobEstimate {
  const sum = (of: (block: ViewedBlock) => number): number =>
    sources.reduce((total, block) => total + of(block), 0);
  const metaBytes = sum(metaBytesOf);
  const readBytes = sum(({ sizeBytes }) => sizeBytes + TOC_BYTES) + metaBytes;
  const isOverlapping = overlap(sources);
  const samples = isOverlapping ? sum(({ numSamples }) => numSamples) : 0;
  const growthBytes =
    CHUNK_GROWTH_BYTES * sum(({ numChunks }) => numChunks) +
    SERIES_GROWTH_BYTES * sum(({ numSeries }) => numSeries) +
    (CHUNK_ENTRY_BYTES * samples) / MERGED_CHUNK_SAMPLES;
  const indexBytes = Math.ceil(sum((one) => one.indexBytes) + growthBytes + FIXED_INDEX_BYTES);
  const chunkBytes = sum((one) => one.sizeBytes - one.indexBytes) + SAMPLE_BYTES_MAX * samples;
  const segmentBytes = segmentBytesFor(readBytes);
  const segments = Math.ceil(chunkBytes / segmentBytes) + 1;
  const writtenBytes = chunkBytes + indexBytes + metaBytes + META_FILE_BYTES * segments;
  const windows = sum((one) => Math.ceil(one.sizeBytes / windowBytesFor(sources.length)));
  const cost = {
    readBytes,
    writtenBytes,
    requests:
      OPENING_REQUESTS * sources.length +
      windows +
      2 * sum(({ fileCount }) => fileCount) +
      SENDING_REQUESTS * (segments + 2) +
      Math.ceil(writtenBytes / PART_BYTES),
    diskBytes: Math.min(2 * segmentBytes, chunkBytes + FIXED_INDEX_BYTES) + indexBytes,
  };
  return { cost, indexBytes: sum((one) => one.indexBytes), indexTableBytes: 0 };
}

function metaBytesOf({ labels, sources, fileCount }: ViewedBlock): number {
  const labelBytes = labels.reduce((total, one) => total + one.name.length + one.value.length, 0);
  const lists = META_FILE_BYTES * fileCount + META_SOURCE_BYTES * sources.length;
  return META_BYTES + lists + 6 * labelBytes;
}

function overlap(sources: readonly ViewedBlock[]): boolean {
  const byTime = sources.toSorted((a, b) => a.minTimeMs - b.minTimeMs);
  return byTime.some((block, i) => block.minTimeMs < (byTime.at(i - 1)?.maxTimeMs ?? 0) && i > 0);
}
