// Writes a chunk anew from its samples and its header: what proves, byte by byte, that reader and
// writer agree with whoever made it.

import { VarveError } from '../errors/varve-error.ts';
import { BitSink } from './bit-sink.ts';
import {
  type ChunkPlace,
  ENCODING_FLOAT_HISTOGRAM,
  ENCODING_XOR,
  writtenEncoding,
} from './chunk-format.ts';
import { ChunkReader } from './chunk-reader.ts';
import { beginSink } from './histogram-appender.ts';
import { HistogramState } from './histogram-state.ts';
import { HistogramValue } from './histogram-value.ts';
import { XOR_APPEND_BYTES_MAX, xorAppend, xorHeaderWrite } from './xor-append.ts';
import { XorState } from './xor-state.ts';

/**
 * The data of the chunk, decoded and encoded again, as `writtenEncoding` says; a copy. Identical to
 * the original when that was written as Prometheus writes and has no start timestamps.
 *
 * @throws VarveError damaged_chunk, unsupported
 */
export function reencode(place: ChunkPlace): Uint8Array {
  const reader = new ChunkReader();
  reader.open(place);
  return writtenEncoding(place.encoding) === ENCODING_XOR
    ? reencodeFloats(place, reader)
    : reencodeHistograms(place, reader);
}

function reencodeFloats(place: ChunkPlace, reader: ChunkReader): Uint8Array {
  const state = new XorState();
  // A sample takes a bit at least; damaged ones can be shorter than they would be written.
  const samplesMax = Math.min(place.count, place.lengthBytes * 8);
  const bytes = new Uint8Array((samplesMax + 1) * XOR_APPEND_BYTES_MAX);
  const view = new DataView(bytes.buffer);
  while (reader.next()) {
    if (state.count > 0 && !(reader.timeMs > state.lastTimeMs)) throw notRising(reader.timeMs);
    xorAppend(view, 0, state, reader.timeMs, reader.low, reader.high);
  }
  xorHeaderWrite(view, 0, state.count);
  return bytes.slice(0, state.lengthBytes);
}

function reencodeHistograms(place: ChunkPlace, reader: ChunkReader): Uint8Array {
  const sink = new BitSink();
  const state = new HistogramState();
  const value = new HistogramValue();
  beginSink(sink, reader.header);
  state.reset(writtenEncoding(place.encoding) === ENCODING_FLOAT_HISTOGRAM);
  while (reader.next()) {
    reader.load(value);
    if (state.count > 0 && !(reader.timeMs > state.timeMs)) throw notRising(reader.timeMs);
    state.put(sink, reader.timeMs, value);
  }
  sink.view.setUint16(0, state.count);
  return sink.bytes().slice();
}

/** The error for a chunk whose times do not rise. */
export function notRising(timeMs: number): VarveError {
  return new VarveError('damaged_chunk', `The chunk's times do not rise, at ${timeMs}.`);
}
