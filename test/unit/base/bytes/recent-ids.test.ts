import { expect, test } from 'vitest';
import { keyOfBytes, RecentIds } from '../../../../src/base/bytes/recent-ids.ts';

test('a guess is what was put last under the key, until something is forgotten', () => {
  const ids = new RecentIds();
  const view = new DataView(new TextEncoder().encode('job api').buffer);
  const key = keyOfBytes(view, 0, 3);
  expect(ids.guess(key)).toBe(-1);
  ids.put(key, 0);
  expect(ids.guess(key)).toBe(0);
  ids.put(key, 7);
  expect(ids.guess(key)).toBe(7);
  ids.forget();
  expect(ids.guess(key)).toBe(-1);
});

test('the key of a string reads no byte beside it', () => {
  const one = new DataView(new TextEncoder().encode('xapiyyyy').buffer);
  const other = new DataView(new TextEncoder().encode('zzapi').buffer);
  expect(keyOfBytes(one, 1, 3)).toBe(keyOfBytes(other, 2, 3));
  expect(keyOfBytes(one, 1, 3)).not.toBe(keyOfBytes(one, 1, 2));
});
