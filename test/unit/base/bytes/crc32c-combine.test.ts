import { expect, test } from 'vitest';
import { crc32c } from '../../../../src/base/bytes/crc32c.ts';
import { combineCrc32c } from '../../../../src/base/bytes/crc32c-combine.ts';
import { SeededRandom } from '../../../support/seeded-random.ts';

test.each([0, 1, 2, 7, 8, 255, 256, 1000, 65_537, 1_000_003])(
  'the checksum of two pieces, the second of %i bytes',
  (length) => {
    const random = new SeededRandom(length + 1);
    const first = random.bytes(1 + (length % 97));
    const second = random.bytes(length);
    const whole = Buffer.concat([first, second]);
    expect(combineCrc32c(crc32c(first), crc32c(second), length)).toBe(crc32c(whole));
    expect(combineCrc32c(0, crc32c(second), length)).toBe(crc32c(second));
  },
);

test('of lengths beyond 32 bits: twice as many zeros are the same as zeros twice', () => {
  const giga = 2 ** 33;
  const once = combineCrc32c(0x12345678, 0, giga);
  expect(combineCrc32c(once, 0, giga)).toBe(combineCrc32c(0x12345678, 0, 2 * giga));
});
