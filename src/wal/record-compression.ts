// The compression of whole WAL records. Snappy both ways: the native encoder where it loads,
// snappyjs where it does not; the write path's own decoder, whose buffer is reused. Zstd is only
// read.

import { OutOfBytes } from '../base/bytes/byte-reader.ts';
import { SnappyDecoder } from '../base/bytes/snappy-decode.ts';
import { ZstdDecoder } from '../base/bytes/zstd-decode.ts';
import { VarveError } from '../base/errors/varve-error.ts';
import { RECORD_BYTES_MAX, SNAPPY_BIT, ZSTD_BIT } from './format.ts';

/** What a log does with its records. */
export type RecordCompression = 'none' | 'snappy';

type Compress = (record: Uint8Array) => Uint8Array;

const compress = await loadCompress();
const snappyDecoder = new SnappyDecoder(RECORD_BYTES_MAX);
const zstdDecoder = new ZstdDecoder(RECORD_BYTES_MAX);

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
 * The record that `stored` is when a fragment has these `flags`, or why there is none; valid until
 * the next call. Nothing is allocated for a length over RECORD_BYTES_MAX, whatever is stated.
 */
export function decompressRecord(
  stored: Uint8Array,
  flags: number,
  recordBytesMax: number,
): Uint8Array | string {
  // What is empty stays so: Prometheus does not call the decoder for it.
  if (flags === 0 || stored.length === 0) return stored;
  const record = decompress(stored, flags);
  if (typeof record === 'string' || record.length <= recordBytesMax) return record;
  return `a record of ${record.length} bytes, over ${recordBytesMax}`;
}

function decompress(stored: Uint8Array, flags: number): Uint8Array | string {
  try {
    if (flags === ZSTD_BIT) return zstdDecoder.decode(stored);
    if (flags !== SNAPPY_BIT) return 'not the compression that its header says';
    const length = snappyDecoder.decode(stored);
    return snappyDecoder.bytes.subarray(0, length);
  } catch (thrown) {
    if (thrown instanceof OutOfBytes)
      return `the compressed record does not decode: ${thrown.message}`;
    if (thrown instanceof VarveError && thrown.kind === 'bad_request')
      return 'the compressed record does not decode';
    throw thrown;
  }
}
