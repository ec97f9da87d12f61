import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { crc32c } from '../../../../src/base/bytes/crc32c.ts';
import { collect } from '../../../../src/base/runtime/file-pieces.ts';
import type { PutSource } from '../../../../src/bucket/bucket.ts';
import { digestPart, partStream } from '../../../../storage-adapters/s3/body.ts';

const bytes = Buffer.from(Array.from({ length: 1000 }, (_, i) => i % 251));

/** Gives the bytes in pieces of 100; `after` is what comes once a piece has been taken. */
function source(gives: Buffer = bytes): PutSource {
  return {
    sizeBytes: bytes.length,
    async *read(offset, length) {
      for (let at = offset; at < Math.min(offset + length, gives.length); at += 100) {
        yield gives.subarray(at, Math.min(at + 100, offset + length));
      }
    },
  };
}

const part = (from: PutSource = source()) => ({ source: from, offset: 250, sizeBytes: 333 });
const inside = bytes.subarray(250, 583);

test('digests are of the part, and only those that are wanted', async () => {
  expect(await digestPart(part(), { md5: true, sha256: true }, {})).toEqual({
    crc32c: crc32c(inside),
    md5: createHash('md5').update(inside).digest('base64'),
    sha256: createHash('sha256').update(inside).digest('hex'),
  });
  expect(await digestPart(part(), { md5: false, sha256: false }, {})).toEqual({
    crc32c: crc32c(inside),
    md5: undefined,
    sha256: undefined,
  });
});

test('the stream has the bytes, and counts them', async () => {
  let moved = 0;
  const stream = partStream(part(), crc32c(inside), (sizeBytes) => {
    moved += sizeBytes;
  });
  expect(Buffer.compare(await collect(stream, 1000, 'part'), inside)).toBe(0);
  expect(moved).toBe(333);
});

test.each([
  ['other bytes than the checksum says', source(Buffer.alloc(1000)), crc32c(inside)],
  ['fewer bytes', source(bytes.subarray(0, 500)), undefined],
])('%s: the end is not sent', async (_, from, expected) => {
  let moved = 0;
  const stream = partStream(part(from), expected, (sizeBytes) => {
    moved += sizeBytes;
  });
  await expect(collect(stream, 1000, 'part')).rejects.toMatchObject({ code: 'damaged_object' });
  expect(moved).toBeLessThan(333);
});

test('a source that gives more than its length', async () => {
  const greedy: PutSource = { sizeBytes: 10, read: () => source().read(0, 1000) };
  const digest = digestPart(
    { source: greedy, offset: 0, sizeBytes: 10 },
    { md5: false, sha256: false },
    {},
  );
  await expect(digest).rejects.toThrow('the source gave more bytes instead of 10');
});
