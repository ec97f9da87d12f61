// The CRC-32C of two pieces from those of each, without their bytes: parts of an upload are looked
// at in any order, and the store keeps one checksum for all of them.
//
// A CRC is a remainder of polynomials over GF(2): crc(a + b) is crc(a) times x^(8·length of b),
// modulo the Castagnoli polynomial, plus crc(b); its inversions at both ends cancel out.

/** The Castagnoli polynomial, bits reversed: the highest bit is x^0. */
const POLYNOMIAL = 0x82f63b78;
const ONE = 0x80000000;
/** x^8: what one byte behind multiplies by. */
const ONE_BYTE = 0x00800000;

/** The product of two remainders. */
function multiply(a: number, b: number): number {
  let product = 0;
  let power = b;
  for (let bit = ONE; bit !== 0; bit >>>= 1) {
    if ((a & bit) !== 0) product ^= power;
    power = (power & 1) !== 0 ? (power >>> 1) ^ POLYNOMIAL : power >>> 1;
  }
  return product >>> 0;
}

/**
 * crc32c(a + b), an unsigned 32-bit number.
 * @param lengthOfSecond bytes of b
 */
export function combineCrc32c(first: number, second: number, lengthOfSecond: number): number {
  let factor = ONE;
  let square = ONE_BYTE;
  for (let rest = lengthOfSecond; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) factor = multiply(factor, square);
    square = multiply(square, square);
  }
  return (multiply(first, factor) ^ second) >>> 0;
}
