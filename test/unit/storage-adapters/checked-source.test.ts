import { describe, expect, test } from 'vitest';
import { crc32c } from '../../../src/base/bytes/crc32c.ts';
import { CheckedSource } from '../../../storage-adapters/checked-source.ts';

const WHOLE = Buffer.from('0123456789');
const none = () => ({ sentBytes: 0, receivedBytes: 0 });

/** Gives the bytes in pieces of three; `extra` more or fewer than asked for. */
function source(extra = 0) {
  return {
    sizeBytes: WHOLE.length,
    async *read(offset: number, length: number): AsyncIterable<Uint8Array> {
      const bytes = Buffer.concat([WHOLE, Buffer.alloc(20)]);
      const end = offset + length + extra;
      for (let at = offset; at < end; at += 3) yield bytes.subarray(at, Math.min(at + 3, end));
    },
  };
}

async function texts(pieces: AsyncIterable<Uint8Array>): Promise<string[]> {
  const given: string[] = [];
  for await (const piece of pieces) given.push(Buffer.from(piece).toString());
  return given;
}

describe('a checked source', () => {
  test('gives parts in order, counts them and sums the whole', async () => {
    const checked = new CheckedSource(source(), 'k', crc32c(WHOLE));
    const moved = none();
    expect(await texts(checked.part(0, 4, moved))).toEqual(['012', '3']);
    expect(moved.sentBytes).toBe(4);
    expect(await texts(checked.part(4, 6, moved))).toEqual(['456', '789']);
    expect(moved.sentBytes).toBe(10);
    expect(checked.crc32c).toBe(crc32c(WHOLE));
  });

  test('sums no byte twice when a part begins again before the last one ended', async () => {
    const checked = new CheckedSource(source(), 'k', crc32c(WHOLE));
    await texts(checked.part(0, 8, none()));
    expect(await texts(checked.part(4, 6, none()))).toEqual(['456', '789']);
    expect(checked.crc32c).toBe(crc32c(WHOLE));
  });

  test('gives no last piece of bytes that are not as said', async () => {
    const checked = new CheckedSource(source(), 'k', 1);
    const given: string[] = [];
    const run = async () => {
      for await (const piece of checked.part(0, 10, none())) given.push(String(piece));
    };
    await expect(run()).rejects.toMatchObject({
      code: 'damaged_object',
      message: 'the source of k gave bytes of another CRC32C than said',
    });
    expect(given).toHaveLength(3);
  });

  test.each([
    [-2, '8 bytes instead of 10'],
    [4, '12 bytes instead of 10'],
  ])('refuses a source that gives %i bytes more, before its last piece', async (extra, what) => {
    const checked = new CheckedSource(source(extra), 'k', undefined);
    await expect(texts(checked.part(0, 10, none()))).rejects.toMatchObject({
      code: 'damaged_object',
      message: `the source of k gave ${what}`,
    });
  });

  test('an empty source has an empty part', async () => {
    const empty = { sizeBytes: 0, read: source().read };
    expect(await texts(new CheckedSource(empty, 'k', 0).part(0, 0, none()))).toEqual([]);
    const wrong = new CheckedSource(empty, 'k', 5).part(0, 0, none());
    await expect(texts(wrong)).rejects.toMatchObject({ code: 'damaged_object' });
  });
});
