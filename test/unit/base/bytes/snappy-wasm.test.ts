import { expect, test } from 'vitest';
import { openSnappyMemory } from '../../../../src/base/bytes/snappy-wasm.ts';

const SLACK = 512;

/** Runs the loop over `elements`, for a body of `length` bytes. */
function run(length: number, ...elements: number[]): string | undefined {
  const memory = openSnappyMemory(length + SLACK + elements.length + 64);
  if (memory === undefined) throw new Error('this Node has no WebAssembly');
  new Uint8Array(memory.buffer).set(elements, length + SLACK);
  const at = length + SLACK;
  if (memory.run(at, at + elements.length, length) !== 1) return undefined;
  return Buffer.from(memory.buffer, 0, length).toString('latin1');
}

const A = 0x61;

test('literals and copies', () => {
  expect(run(0)).toBe('');
  expect(run(1, 0, A)).toBe('a');
  expect(run(65, 0, A, (63 << 2) | 2, 1, 0)).toBe('a'.repeat(65));
  expect(run(5, 0, A, 0b001, 1)).toBe('aaaaa');
  expect(run(5, 0, A, (3 << 2) | 3, 1, 0, 0, 0)).toBe('aaaaa');
});

test.each([
  ['a literal cut off', 3, [2 << 2, A]],
  ['a literal length cut off', 3, [61 << 2, 1]],
  ['a literal of 2^32 bytes', 3, [63 << 2, 255, 255, 255, 255, A, A]],
  ['a literal of 2^31 bytes', 3, [63 << 2, 255, 255, 255, 127, A, A]],
  ['a copy cut off', 65, [0, A, (63 << 2) | 2, 1]],
  ['offset 0', 5, [0, A, 0b001, 0]],
  ['an offset from before the start', 5, [0, A, 0b001, 2]],
  ['an offset of 2^32 - 1', 5, [0, A, (3 << 2) | 3, 255, 255, 255, 255]],
  ['more than the length', 4, [0, A, 0b001, 1]],
  ['less than the length', 6, [0, A, 0b001, 1]],
])('%s is refused', (_, length, elements) => {
  expect(run(length, ...elements)).toBeUndefined();
});
