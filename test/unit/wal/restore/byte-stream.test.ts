import { expect, it } from 'vitest';
import { ByteStream } from '../../../../src/wal/restore/byte-stream.ts';

async function* pieces(...texts: string[]): AsyncIterable<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

it('gives what is asked for, however it came', async () => {
  const stream = new ByteStream(pieces('ab', '', 'cdef', 'g'), 'object');
  expect(Buffer.from(await stream.take(3)).toString()).toBe('abc');
  const passed: [string, number][] = [];
  await stream.pass(4, (bytes, at) => passed.push([Buffer.from(bytes).toString(), at]));
  expect(passed).toEqual([
    ['def', 0],
    ['g', 3],
  ]);
  expect(await stream.take(0)).toHaveLength(0);
  await expect(stream.take(1)).rejects.toThrow('object is too short');
});
