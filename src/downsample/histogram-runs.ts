import type { TimedChunk } from '../base/chunk/merge-chunks.ts';
import type { ChunkToWrite } from '../block/block-sink.ts';
export class HistogramRuns { constructor(_r: number) {} add(_a: readonly TimedChunk[], _b: ChunkToWrite[]): void {} }
