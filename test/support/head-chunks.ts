// Files of chunks of the head as Prometheus writes them, for tests.

import { ByteWriter } from '../../src/base/bytes/byte-writer.ts';
import { crc32c } from '../../src/base/bytes/crc32c.ts';

export interface ChunkToLay {
  readonly ref: number;
  readonly minTimeMs: number;
  readonly maxTimeMs: number;
  readonly encoding?: number;
  readonly isLate?: boolean;
  readonly data: Uint8Array;
}

/** Magic, version, padding. */
export const HEAD_CHUNKS_HEADER = Uint8Array.of(0x01, 0x30, 0xbc, 0x91, 1, 0, 0, 0);

/** One chunk with its checksum. */
export function layChunk(chunk: ChunkToLay): Uint8Array {
  const { data, encoding = 1, isLate = false, maxTimeMs, minTimeMs, ref } = chunk;
  const into = new ByteWriter(64);
  into.i64be(ref);
  into.i64be(minTimeMs);
  into.i64be(maxTimeMs);
  into.u8(encoding | (isLate ? 0x80 : 0));
  into.uvarint(data.length);
  into.bytes(data, 0, data.length);
  into.u32be(crc32c(into.view()));
  return into.view().slice();
}
