// Snappy for whole WAL records: the native encoder where it loads, snappyjs where it does not; the
// write path's own decoder, whose buffer is reused.

import { SnappyDecoder } from '../base/bytes/snappy-decode.ts';
import { VarveError } from '../base/errors/varve-error.ts';
import { RECORD_BYTES_MAX } from './format.ts';

/** What a log does with its records. */
export type RecordCompression = 'none' | 'snappy';

type Compress = (record: Uint8Array) => Uint8Array;

const compress = await loadCompress();
const decoder = new SnappyDecoder(RECORD_BYTES_MAX);

async function loadCompress(): Promise<Compress> {
  try {
    const { compressSync } = await import('snappy');
    // Without copyOutputData each result is memory of its own outside the heap: slower, measured.
    return (record) => compressSync(record, { copyOutputData: true });
  } catch {
    // No native build for this platform: the same bytes, slower.
    const { default: snappyjs } = await import('snappyjs');
    return (record) => snappyjs.compress(record);
  }
}

/** `record` as a snappy block, or undefined when that would not be shorter. */
export function compressRecord(record: Uint8Array): Uint8Array | undefined {
  const compressed = compress(record);
  return compressed.length < record.length ? compressed : undefined;
}

/**
 * The record in a snappy block, or why there is none; valid until the next call. The length that
 * the block states is checked against `recordBytesMax` before anything is allocated.
 */
export function decompressRecord(stored: Uint8Array, recordBytesMax: number): Uint8Array | string {
  // What is empty stays so: Prometheus does not call the decoder for it.
  if (stored.length === 0) return stored;
  try {
    const length = decoder.decode(stored);
    if (length > recordBytesMax) return `a record of ${length} bytes, over ${recordBytesMax}`;
    return decoder.bytes.subarray(0, length);
  } catch (thrown) {
    if (thrown instanceof VarveError && thrown.kind === 'bad_request') {
      return 'the compressed record does not decode';
    }
    throw thrown;
  }
}

/** Whether these bytes begin as every zstd frame does (RFC 8878, 3.1.1). */
export function isZstdFrame(stored: Uint8Array): boolean {
  return [0x28, 0xb5, 0x2f, 0xfd].every((byte, index) => stored.at(index) === byte);
}
