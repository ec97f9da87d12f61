// zstd frames that the reference implementation and the one that Prometheus uses have made.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { OutOfBytes } from '../../../src/base/bytes/byte-reader.ts';
import { ZstdDecoder } from '../../../src/base/bytes/zstd-decode.ts';

const LIMIT = 64 * 1024 * 1024;

interface Frame {
  readonly name: string;
  readonly bytes: Buffer;
  readonly contentBytes: number;
  readonly sha256: string;
}

const frames = gunzipSync(readFileSync('test/golden/data/newer/zstd-frames.ndjson.gz'))
  .toString()
  .trim()
  .split('\n')
  .map((line): Frame => {
    const frame = JSON.parse(line) as {
      name: string;
      frame: string;
      bytes: number;
      sha256: string;
    };
    const bytes = Buffer.from(frame.frame, 'base64');
    return { name: frame.name, bytes, contentBytes: frame.bytes, sha256: frame.sha256 };
  });

const hash = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

test.each(frames)('$name', ({ bytes, contentBytes, sha256 }) => {
  const decoder = new ZstdDecoder(LIMIT);
  for (let round = 0; round < 2; round++) {
    const content = decoder.decode(bytes);
    expect(content.length).toBe(contentBytes);
    expect(hash(content)).toBe(sha256);
  }
  expect(() => new ZstdDecoder(contentBytes - 1).decode(bytes)).toThrow(/over the limit/);
  expect(hash(new ZstdDecoder(contentBytes).decode(bytes))).toBe(sha256);
});

/** Decodes, or says what is wrong; nothing else may come out. */
function outcomeOf(decoder: ZstdDecoder, bytes: Uint8Array): 'decoded' | 'refused' {
  try {
    decoder.decode(bytes);
    return 'decoded';
  } catch (thrown) {
    if (thrown instanceof OutOfBytes) return 'refused';
    throw thrown;
  }
}

test('a frame that is cut off anywhere is refused', () => {
  const decoder = new ZstdDecoder(LIMIT);
  for (const { bytes } of frames)
    for (let length = 0; length < bytes.length; length += length < 200 ? 1 : 97)
      expect(outcomeOf(decoder, bytes.subarray(0, length))).toBe('refused');
});

test('a frame with bits flipped ends, and does not spoil the next one', () => {
  const decoder = new ZstdDecoder(1024 * 1024);
  const good = frames.find(({ name }) => name.startsWith('words, '))!;
  let refused = 0;
  let tries = 0;
  for (const { bytes } of frames)
    for (let bit = 0; bit < bytes.length * 8; bit += bit < 400 ? 3 : 1999) {
      const damaged = Buffer.from(bytes);
      damaged.writeUInt8(damaged.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      tries++;
      if (outcomeOf(decoder, damaged) === 'refused') refused++;
    }
  expect(refused).toBeGreaterThan(tries / 4);
  expect(hash(decoder.decode(good.bytes))).toBe(good.sha256);
});
