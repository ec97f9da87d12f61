import { describe, expect, it } from 'vitest';
import {
  AGGREGATES,
  COUNT,
  COUNTER,
  MAX,
  MIN,
  SUM,
} from '../../../../src/base/chunk/aggregate-format.ts';
import { readAggregate } from '../../../../src/base/chunk/aggregate-reader.ts';
import { writeAggregate } from '../../../../src/base/chunk/aggregate-writer.ts';

const part = (encoding: number, length: number) => ({
  encoding,
  bytes: Uint8Array.from({ length }, (_, i) => (i < 2 ? i * 3 : i)),
});

describe('an aggregate chunk', () => {
  it('has its parts one behind the other, lengths without the encoding byte', () => {
    const bytes = writeAggregate([part(1, 2), undefined, part(1, 3), undefined, part(3, 4)]);
    expect([...bytes]).toEqual([2, 1, 0, 3, 0, 3, 1, 0, 3, 2, 0, 4, 3, 0, 3, 2, 3]);
  });

  it('gives the parts back that it was made of, with their sample counts', () => {
    const parts = [part(1, 2), part(3, 127), part(1, 128), part(1, 20_000), undefined];
    const bytes = writeAggregate(parts);
    const around = new Uint8Array(bytes.length + 9);
    around.set(bytes, 5);
    const read = readAggregate(new DataView(around.buffer), 5, bytes.length);
    expect(read.map((one) => one?.encoding)).toEqual([1, 3, 1, 1, undefined]);
    expect(read.map((one) => one?.count)).toEqual([3, 3, 3, 3, undefined]);
    read.forEach((one, i) => {
      const slice =
        one && new Uint8Array(one.view.buffer, one.view.byteOffset + one.base, one.lengthBytes);
      expect(slice).toEqual(parts[i]?.bytes);
    });
  });

  it('may have no part at all', () => {
    const bytes = writeAggregate([undefined, undefined, undefined, undefined, undefined]);
    expect([...bytes]).toEqual([0, 0, 0, 0, 0]);
    expect(readAggregate(new DataView(bytes.buffer), 0, 5)).toEqual(new Array(5).fill(undefined));
  });

  it('has the names of Thanos in its order', () => {
    expect([COUNT, SUM, MIN, MAX, COUNTER].map((which) => AGGREGATES[which])).toEqual([
      'count',
      'sum',
      'min',
      'max',
      'counter',
    ]);
  });
});
