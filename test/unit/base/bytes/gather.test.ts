import { describe, expect, it } from 'vitest';
import { firstOther } from '../../../../src/base/bytes/gather.ts';

const table = Int32Array.of(0, 70, 71, -1, 72);
const refs = Uint32Array.of(9, 1, 2, 4, 9);

function words(...cells: number[]): DataView {
  const view = new DataView(new ArrayBuffer(4 + cells.length * 4));
  for (const [i, cell] of cells.entries()) view.setInt32(4 + i * 4, cell, true);
  return view;
}

describe('firstOther', () => {
  it('is the end when every reference leads to the word', () => {
    expect(firstOther(refs, 1, 4, table, words(70, 71, 72), 4)).toBe(4);
  });

  it('is the first reference that leads elsewhere', () => {
    expect(firstOther(refs, 1, 4, table, words(70, 1, 2), 4)).toBe(2);
  });

  it('is the end for no references', () => {
    expect(firstOther(refs, 2, 2, table, words(), 4)).toBe(2);
  });
});
