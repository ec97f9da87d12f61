// Start timestamps and XOR2 chunks written down once more, slowly: the oracle for encodings 4 to 6.

import {
  bitString,
  bytesOfBits,
  type NaiveSample,
  uvarint,
  varbitInt,
  varint,
} from './naive-bits.ts';

const STALE = 0x7ff0_0000_0000_0002n;

/** The last sample whose number fits the header. */
const LAST_IN_HEADER = 127;

/** What stands about start timestamps in the header and behind each sample; 0 is none. */
export class NaiveStarts {
  readonly #times: readonly number[];
  readonly #starts: readonly bigint[];
  readonly #changesFrom: number;

  constructor(times: readonly number[], starts: readonly bigint[]) {
    this.#times = times;
    this.#starts = starts;
    const change = starts.findIndex((start, i) => i > 0 && start !== starts[i - 1]);
    const isLong = starts.length > LAST_IN_HEADER;
    if (change > 0) this.#changesFrom = Math.min(change, LAST_IN_HEADER);
    else this.#changesFrom = isLong ? LAST_IN_HEADER : 0;
  }

  get header(): string {
    const known = this.#starts[0] !== undefined && this.#starts[0] !== 0n;
    return (known ? '1' : '0') + bitString(BigInt(this.#changesFrom), 7);
  }

  after(i: number): string {
    if (i === 0) return this.header.startsWith('1') ? varint(this.#behind(0, 0)) : '';
    if (this.#changesFrom === 0 || i < this.#changesFrom) return '';
    const behind = this.#behind(i, i - 1);
    if (i === this.#changesFrom) return varbitInt(behind);
    return varbitInt(BigInt.asIntN(64, behind - this.#behind(i - 1, i - 2)));
  }

  #behind(start: number, time: number): bigint {
    return BigInt.asIntN(64, BigInt(this.#times[time]!) - this.#starts[start]!);
  }
}

/** Values of an XOR2 chunk. Writers may choose windows freely: this one chooses all sorts. */
class NaiveXor2 {
  #window: { leading: number; trailing: number } | undefined;
  #baseline = 0n;
  #written = 0;

  isStale(bits: bigint): boolean {
    return bits === STALE;
  }

  isSame(bits: bigint): boolean {
    return bits === this.#baseline;
  }

  first(bits: bigint): string {
    if (!this.isStale(bits)) this.#baseline = bits;
    return bitString(bits, 64);
  }

  /** The value's bits, behind `reuse` when they fit the window, else behind `anew` and a window. */
  changed(bits: bigint, reuse: string, anew: string): string {
    const text = bitString(bits ^ this.#baseline, 64);
    this.#baseline = bits;
    const turn = this.#written++;
    let leading = Math.min(text.indexOf('1'), 31);
    let trailing = 63 - text.lastIndexOf('1');
    const window = this.#window;
    const fits = window && leading >= window.leading && trailing >= window.trailing;
    if (fits && turn % 5 !== 0) return reuse + text.slice(window.leading, 64 - window.trailing);
    leading = Math.max(0, leading - (turn % 4));
    trailing = Math.max(0, trailing - (turn % 3));
    this.#window = { leading, trailing };
    const significant = text.slice(leading, 64 - trailing);
    const length = bitString(BigInt(significant.length % 64), 6);
    return anew + bitString(BigInt(leading), 5) + length + significant;
  }

  /** A value behind a change of time. */
  any(bits: bigint): string {
    if (this.isStale(bits)) return '111';
    return this.isSame(bits) ? '0' : this.changed(bits, '10', '110');
  }
}

function joint(dod: bigint, bits: bigint, values: NaiveXor2): string {
  if (dod === 0n) {
    if (values.isStale(bits)) return '11111';
    return values.isSame(bits) ? '0' : values.changed(bits, '100', '101');
  }
  const fits = (width: bigint): boolean => dod >= -(2n ** (width - 1n)) && dod < 2n ** (width - 1n);
  if (fits(13n)) return `110${bitString(dod, 13)}${values.any(bits)}`;
  if (fits(20n)) return `1110${bitString(dod, 20)}${values.any(bits)}`;
  return `11110${bitString(dod, 64)}${values.any(bits)}`;
}

/** An XOR2 chunk. */
export function naiveXor2Chunk(
  samples: readonly NaiveSample[],
  starts: readonly bigint[],
): Uint8Array {
  const times = samples.map(({ timeMs }) => timeMs);
  const startTimes = new NaiveStarts(times, starts);
  const values = new NaiveXor2();
  let out = bitString(BigInt(samples.length), 16) + startTimes.header;
  let time = 0n;
  let delta = 0n;
  samples.forEach(({ timeMs, bits }, i) => {
    const now = BigInt(timeMs);
    if (i === 0) out += varint(now) + values.first(bits);
    else if (i === 1) out += uvarint(now - time) + values.any(bits);
    else out += joint(now - time - delta, bits, values);
    if (i > 0) delta = now - time;
    time = now;
    out += startTimes.after(i);
  });
  return bytesOfBits(out);
}
