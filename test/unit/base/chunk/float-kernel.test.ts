import { describe, expect, it } from 'vitest';
import { ChunkBuilder } from '../../../../src/base/chunk/chunk-builder.ts';
import { FloatKernel } from '../../../../src/base/chunk/float-kernel.ts';
import { FloatSamples } from '../../../../src/base/chunk/float-samples.ts';
import { WINDOWS_MAX } from '../../../../src/base/chunk/kernel-windows.ts';
import { highBitsOf, lowBitsOf } from '../../../../src/base/chunk/xor-cells.ts';
import { floatChunk } from '../../../support/float-chunks.ts';

function open(capacity: number): FloatKernel {
  const kernel = FloatKernel.open(capacity);
  if (kernel === undefined) throw new Error('this Node has no WebAssembly');
  return kernel;
}

/** Chunks of samples at irregular times, with numbers of all widths. */
function irregular(count: number) {
  const builder = new ChunkBuilder();
  let timeMs = 1_700_000_000_000;
  for (let i = 0; i < count; i++) {
    timeMs += [60_000, 60_000, 61_000, 2 ** 20, 100_000, 2 ** 40, 1][i % 7] ?? 0;
    const value = [1.5, 2 ** 60, -Math.PI, 5e-324, 7, 7][i % 6] ?? 0;
    builder.addFloat(timeMs, lowBitsOf(value), highBitsOf(value));
  }
  return builder.take().map(({ bytes, ...chunk }) => ({
    ...chunk,
    view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length),
    base: 0,
    lengthBytes: bytes.length,
  }));
}

describe('the kernel', () => {
  it('decodes whatever is whole, without falling back', () => {
    const kernel = open(1000);
    const columns = new FloatSamples();
    let length = 0;
    let lastMs = Number.NEGATIVE_INFINITY;
    for (const chunk of irregular(1000)) {
      columns.append(chunk);
      expect(kernel.decode(chunk, length, lastMs)).toBe(chunk.count);
      length += chunk.count;
      lastMs = chunk.maxTimeMs;
    }
    expect(length).toBe(1000);
    expect(kernel.times).toEqual(columns.times());
    expect(kernel.values).toEqual(columns.values());
  });

  it('decodes chunks of one sample and of two', () => {
    const kernel = open(4);
    expect(kernel.decode(floatChunk([-5], 3), 0, Number.NEGATIVE_INFINITY)).toBe(1);
    expect(kernel.decode(floatChunk([0, 9], 3), 1, -5)).toBe(2);
    expect([...kernel.times]).toEqual([-5, 0, 9, 0]);
  });

  it('refuses times that do not rise, and bytes that end too early', () => {
    const kernel = open(4);
    const chunk = floatChunk([1, 2, 3], 5);
    expect(kernel.decode(chunk, 0, 1)).toBe(-1);
    for (let lengthBytes = 0; lengthBytes < chunk.lengthBytes; lengthBytes++)
      expect(kernel.decode({ ...chunk, lengthBytes }, 0, 0)).toBe(-1);
    expect(kernel.decode({ ...chunk, count: 40 }, 0, 0)).toBe(-1);
  });

  it('is not there for more samples than 32-bit addresses reach', () => {
    expect(FloatKernel.open(2 ** 28)).toBeUndefined();
  });

  it('leaves more windows than it has room for to others', () => {
    const kernel = open(WINDOWS_MAX + 1);
    kernel.times.forEach((_, i) => {
      kernel.times[i] = i * 10;
    });
    expect(kernel.aggregate({ start: 0, end: WINDOWS_MAX, resolutionMs: 10 })).toBe(WINDOWS_MAX);
    expect(kernel.windowMs(WINDOWS_MAX - 1)).toBe(WINDOWS_MAX * 10 - 10);
    expect(kernel.aggregate({ start: 0, end: WINDOWS_MAX + 1, resolutionMs: 10 })).toBe(0);
  });
});
