// The chunk formats written down once more, as slowly and obviously as possible: a string of
// zeros and ones, BigInt for 64 bits, no state but what the format names. The oracle of the
// property tests beside this file.

/** A sample of a float chunk: time and the 64 bits of the value. */
export interface NaiveSample {
  readonly timeMs: number;
  readonly bits: bigint;
}

const ALL_ONES = (1n << 64n) - 1n;

export function bitString(value: bigint, bits: number): string {
  return BigInt.asUintN(bits, value).toString(2).padStart(bits, '0');
}

/** Go's unsigned varint. */
export function uvarint(value: bigint): string {
  let out = '';
  while (value > 0x7fn) {
    out += bitString((value & 0x7fn) | 0x80n, 8);
    value >>= 7n;
  }
  return out + bitString(value, 8);
}

function zigzag(value: bigint): bigint {
  return value >= 0n ? value * 2n : -value * 2n - 1n;
}

/** Go's signed varint. */
export function varint(value: bigint): string {
  return uvarint(zigzag(value));
}

function fits(value: bigint, bits: bigint): boolean {
  return value >= -(2n ** (bits - 1n)) + 1n && value <= 2n ** (bits - 1n);
}

function timeDod(dod: bigint): string {
  if (dod === 0n) return '0';
  if (fits(dod, 14n)) return `10${bitString(dod, 14)}`;
  if (fits(dod, 17n)) return `110${bitString(dod, 17)}`;
  if (fits(dod, 20n)) return `1110${bitString(dod, 20)}`;
  return `1111${bitString(dod, 64)}`;
}

/** A varbit integer of a histogram chunk. */
export function varbitInt(value: bigint): string {
  if (value === 0n) return '0';
  const classes: [string, bigint][] = [
    ['10', 3n],
    ['110', 6n],
    ['1110', 9n],
    ['11110', 12n],
    ['111110', 18n],
    ['1111110', 25n],
    ['11111110', 56n],
  ];
  for (const [prefix, bits] of classes)
    if (fits(value, bits)) return prefix + bitString(value, Number(bits));
  return `11111111${bitString(value, 64)}`;
}

/** An unsigned varbit integer of a histogram chunk. */
export function varbitUint(value: bigint): string {
  if (value === 0n) return '0';
  const classes: [string, bigint][] = [
    ['10', 3n],
    ['110', 6n],
    ['1110', 9n],
    ['11110', 12n],
    ['111110', 18n],
    ['1111110', 25n],
    ['11111110', 56n],
  ];
  for (const [prefix, bits] of classes)
    if (value < 2n ** bits) return prefix + bitString(value, Number(bits));
  return `11111111${bitString(value, 64)}`;
}

/** A window of significant bits that goes from value to value. */
export class NaiveXor {
  #window: { leading: number; trailing: number } | undefined;
  #last: bigint;

  constructor(first: bigint) {
    this.#last = first;
  }

  next(bits: bigint): string {
    const xor = (bits ^ this.#last) & ALL_ONES;
    this.#last = bits;
    if (xor === 0n) return '0';
    const text = bitString(xor, 64);
    const leading = Math.min(text.indexOf('1'), 31);
    const trailing = 63 - text.lastIndexOf('1');
    const window = this.#window;
    if (window && leading >= window.leading && trailing >= window.trailing)
      return `10${text.slice(window.leading, 64 - window.trailing)}`;
    this.#window = { leading, trailing };
    const significant = text.slice(leading, 64 - trailing);
    const length = bitString(BigInt(significant.length % 64), 6);
    return `11${bitString(BigInt(leading), 5)}${length}${significant}`;
  }
}

/** The bytes of a string of zeros and ones, filled up with zeros. */
export function bytesOfBits(text: string): Uint8Array {
  const padded = text.padEnd(Math.ceil(text.length / 8) * 8, '0');
  return Uint8Array.from(padded.match(/.{8}/g) ?? [], (byte) => Number.parseInt(byte, 2));
}

/** An XOR chunk. */
export function naiveXorChunk(samples: readonly NaiveSample[]): Uint8Array {
  let out = bitString(BigInt(samples.length), 16);
  const values = new NaiveXor(samples[0]?.bits ?? 0n);
  let time = 0n;
  let delta = 0n;
  samples.forEach(({ timeMs, bits }, i) => {
    const now = BigInt(timeMs);
    if (i === 0) out += varint(now) + bitString(bits, 64);
    else if (i === 1) out += uvarint(now - time) + values.next(bits);
    else out += timeDod(now - time - delta) + values.next(bits);
    if (i > 0) delta = now - time;
    time = now;
  });
  return bytesOfBits(out);
}
