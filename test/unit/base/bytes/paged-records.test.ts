import { describe, expect, test } from 'vitest';
import { Epochs } from '../../../../src/base/bytes/epochs.ts';
import { PagedRecords, RecordReader } from '../../../../src/base/bytes/paged-records.ts';

const SHAPE = { recordBytes: 24, pageBits: 4 };

describe('paged records', () => {
  test('never move, whatever is added later', () => {
    const records = new PagedRecords(SHAPE, new Epochs());
    const first = records.allocate();
    const view = records.view(first);
    view.setUint32(records.offset(first) + 20, 77, true);
    for (let i = 1; i < 100; i++) expect(records.allocate()).toBe(i);
    expect(records.view(first)).toBe(view);
    expect(records.view(first).getUint32(records.offset(first) + 20, true)).toBe(77);
    expect(records.highWater).toBe(100);
    const reader = new RecordReader(records.share());
    expect(reader.view(first).getUint32(reader.offset(first) + 20, true)).toBe(77);
  });

  test('are used again, all zeros, but not while a snapshot is open', () => {
    const epochs = new Epochs();
    const records = new PagedRecords(SHAPE, epochs);
    const [a, b] = [records.allocate(), records.allocate()];
    records.view(a).setFloat64(records.offset(a) + 8, 5, true);
    const snapshot = epochs.open();
    records.free(a);
    expect(records.allocate()).toBe(2);
    expect(records.view(a).getFloat64(records.offset(a) + 8, true)).toBe(5);
    epochs.close(snapshot);
    expect(records.allocate()).toBe(a);
    expect(records.view(a).getFloat64(records.offset(a) + 8, true)).toBe(0);
    records.free(b);
    expect(records.allocate()).toBe(b);
    expect(records.count).toBe(3);
  });
});
