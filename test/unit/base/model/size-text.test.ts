import { expect, test } from 'vitest';
import { sizeText } from '../../../../src/base/model/size-text.ts';

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1024, '1.0 KiB'],
  [1536, '1.5 KiB'],
  [1024 ** 2 - 1, '1.0 MiB'],
  [1024 ** 3 * 2.25, '2.3 GiB'],
  [1024 ** 5 * 4000, '4000.0 PiB'],
])('%d', (bytes, text) => {
  expect(sizeText(bytes)).toBe(text);
});
