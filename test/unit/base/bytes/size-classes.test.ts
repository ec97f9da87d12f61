import { expect, test } from 'vitest';
import {
  CLASS_BYTES_MAX,
  classOf,
  UNIT_BYTES,
  UNITS_OF_CLASS,
} from '../../../../src/base/bytes/size-classes.ts';

test('every size has the smallest class that holds it, and wastes at most a fifth above 256', () => {
  for (let size = 1; size <= CLASS_BYTES_MAX; size++) {
    const found = classOf(size);
    const block = UNITS_OF_CLASS[found]! * UNIT_BYTES;
    expect(block).toBeGreaterThanOrEqual(size);
    if (found > 0) expect(UNITS_OF_CLASS[found - 1]! * UNIT_BYTES).toBeLessThan(size);
    if (size > 256) expect((block - size) / block).toBeLessThanOrEqual(0.2);
  }
  expect(UNITS_OF_CLASS.length).toBe(32);
});
