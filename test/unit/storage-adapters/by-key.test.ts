import { expect, test } from 'vitest';
import { byKey } from '../../../storage-adapters/by-key.ts';

test('keys sort by their UTF-8 bytes, where UTF-16 would have it otherwise', () => {
  const keys = ['b', 'a/', 'a', 'a-', '\u{1f600}', '\uffee'];
  expect(keys.sort(byKey)).toEqual(['a', 'a-', 'a/', 'b', '\uffee', '\u{1f600}']);
});
