// XorBuilder in WebAssembly: columns into an XOR chunk (docs/formats/chunks.md), with 64-bit
// integers, bit for bit what xor-append.ts writes.
//
// The chunk is written from its end: byte `n` to BACK - 1 - n, so that eight bytes go with one
// little-endian store; at the end it is turned around. What a store writes behind the position is
// zeros, and the next one writes over it.

import {
  add as add32,
  and,
  atLeast,
  type Code,
  constant,
  during,
  get,
  select,
  set,
  shiftLeft,
  subtract as subtract32,
  type WasmFunction,
  when,
} from '../bytes/wasm-assembler.ts';
import { f64, i64, v128 } from '../bytes/wasm-wide.ts';
import { NO_WINDOW } from './xor-state.ts';

/** The NaN that x86 makes of ∞ - ∞: see XorBuilder. */
const NAN = 0xfff8_0000_0000_0000n;
const LEADING_MAX = 31;

// Parameters: the columns, the samples, where the chunk is made, where it goes.
const TIMES = 0;
const VALUES = 1;
const COUNT = 2;
const BACK = 3;
const TO = 4;
// Locals.
const AT = 5;
const END = 6;
const BYTE = 7;
const FITS = 8;
const TIME = 9;
const DELTA = 10;
const BEFORE = 11;
const DOD = 12;
const VALUE = 13;
const LAST = 14;
const XOR = 15;
const POSITION = 16;
/** The bits of the last byte that is not full, highest first. */
const KEPT = 17;
const LEADING = 18;
const TRAILING = 19;
const ZEROS = 20;
const ZEROS_BEHIND = 21;
const SIGNIFICANT = 22;
/** 1 when a 0 for a regular time stands in front of the value's bits. */
const TIME_BIT = 23;
const USED = 24;
const WORD = 25;
const BITS = 26;

const number = (value: number | bigint): Code => i64.constant(value);

const readTime: Code = set(TIME, i64.ofDouble(f64.load(add32(get(TIMES), get(AT)))));
const readValue: Code = set(
  VALUE,
  select(
    f64.equal(f64.load(add32(get(VALUES), get(AT))), f64.load(add32(get(VALUES), get(AT)))),
    i64.load(add32(get(VALUES), get(AT))),
    number(NAN),
  ),
);

const putByte = (value: Code): Code => [
  ...i64.store8(subtract32(subtract32(get(BACK), constant(1)), get(BYTE)), value),
  ...set(BYTE, add32(get(BYTE), constant(1))),
];

/** Writes BITS, seven a byte, the lowest first. */
const varint: Code = [
  ...during(i64.aboveUnsigned(get(BITS), number(127)), [
    ...putByte(i64.or(get(BITS), number(128))),
    ...set(BITS, i64.shiftRight(get(BITS), number(7))),
  ]),
  ...putByte(get(BITS)),
];

/** Where eight bytes from the one of POSITION on are stored. */
const here: Code = subtract32(
  subtract32(get(BACK), constant(8)),
  i64.wrap(i64.shiftRight(get(POSITION), number(3))),
);

/** Of the 64 bits in `word`, the bytes that USED bits have filled are out. */
const keep = (word: Code): Code => set(KEPT, i64.shiftLeft(word, i64.and(get(USED), number(56))));

const bitInByte: Code = i64.and(get(POSITION), number(7));

/** Writes the `width` (at most 56) bits of `bits`. */
const putBits = (bits: Code, width: number): Code => [
  ...set(USED, i64.add(bitInByte, number(width))),
  ...set(WORD, i64.or(get(KEPT), i64.shiftLeft(bits, i64.subtract(number(64), get(USED))))),
  ...i64.store(here, get(WORD)),
  ...keep(get(WORD)),
  ...set(POSITION, i64.add(get(POSITION), number(width))),
];

/** Within the range of `width` bits, of which the top value is positive? */
const fitsDod = (width: number): Code =>
  i64.atMostUnsigned(i64.add(get(DOD), number(2 ** (width - 1) - 1)), number(2 ** width - 1));

const shortDod = (control: bigint, controlBits: number, width: number): Code =>
  putBits(
    i64.or(number(control << BigInt(width)), i64.and(get(DOD), number(2 ** width - 1))),
    controlBits + width,
  );

/** Writes DOD, which is not 0. */
const irregular: Code = [
  ...when(
    fitsDod(14),
    shortDod(0b10n, 2, 14),
    when(
      fitsDod(17),
      shortDod(0b110n, 3, 17),
      when(fitsDod(20), shortDod(0b1110n, 4, 20), [
        ...putBits(number(0b1111), 4),
        ...putBits(i64.shiftRight(get(DOD), number(32)), 32),
        ...putBits(i64.and(get(DOD), number(0xffff_ffff)), 32),
      ]),
    ),
  ),
  ...set(TIME_BIT, number(0)),
];

const unchanged: Code = [
  ...set(USED, i64.add(i64.add(bitInByte, get(TIME_BIT)), number(1))),
  ...i64.store(here, get(KEPT)),
  ...keep(get(KEPT)),
  ...set(POSITION, i64.add(i64.add(get(POSITION), get(TIME_BIT)), number(1))),
];

/** Chooses the window of XOR, and sets FITS when that is the one before. */
const chooseWindow: Code = [
  ...set(ZEROS, i64.zerosBefore(get(XOR))),
  ...set(
    ZEROS,
    select(i64.below(get(ZEROS), number(LEADING_MAX)), get(ZEROS), number(LEADING_MAX)),
  ),
  ...set(ZEROS_BEHIND, i64.zerosBehind(get(XOR))),
  ...set(
    FITS,
    and(i64.atLeast(get(ZEROS), get(LEADING)), i64.atLeast(get(ZEROS_BEHIND), get(TRAILING))),
  ),
  ...set(LEADING, select(get(FITS), get(LEADING), get(ZEROS))),
  ...set(TRAILING, select(get(FITS), get(TRAILING), get(ZEROS_BEHIND))),
  ...set(SIGNIFICANT, i64.subtract(i64.subtract(number(64), get(LEADING)), get(TRAILING))),
];

const changed: Code = [
  ...chooseWindow,
  ...set(
    BITS,
    select(
      get(FITS),
      number(0b10),
      i64.or(
        i64.or(number(0b11 << 11), i64.shiftLeft(get(LEADING), number(6))),
        i64.and(get(SIGNIFICANT), number(63)),
      ),
    ),
  ),
  // In front of the significant bits; 3 to 21 of the first word.
  ...set(
    USED,
    i64.add(i64.add(bitInByte, get(TIME_BIT)), select(get(FITS), number(2), number(13))),
  ),
  ...set(XOR, i64.shiftLeft(get(XOR), get(LEADING))),
  ...set(
    WORD,
    i64.or(
      i64.or(get(KEPT), i64.shiftLeft(get(BITS), i64.subtract(number(64), get(USED)))),
      i64.shiftRight(get(XOR), get(USED)),
    ),
  ),
  ...set(XOR, i64.shiftLeft(get(XOR), i64.subtract(number(64), get(USED)))),
  ...i64.store(here, get(WORD)),
  ...i64.store(subtract32(here, constant(8)), get(XOR)),
  ...set(USED, i64.add(get(USED), get(SIGNIFICANT))),
  ...set(POSITION, i64.add(i64.and(get(POSITION), number(-8)), get(USED))),
  ...keep(select(i64.below(get(USED), number(64)), get(WORD), get(XOR))),
];

const first: Code = [
  ...putByte(i64.shiftRight(i64.extend(get(COUNT)), number(8))),
  ...putByte(i64.extend(get(COUNT))),
  ...readTime,
  ...readValue,
  ...set(
    BITS,
    i64.xor(i64.shiftLeft(get(TIME), number(1)), i64.shiftRightSigned(get(TIME), number(63))),
  ),
  ...varint,
  ...i64.store(subtract32(subtract32(get(BACK), constant(8)), get(BYTE)), get(VALUE)),
  ...set(BYTE, add32(get(BYTE), constant(8))),
  ...set(LAST, get(VALUE)),
  ...set(BEFORE, get(TIME)),
  ...set(AT, constant(8)),
];

/** The second time, and what makes the rest see it as a regular one without a bit. */
const second: Code = [
  ...readTime,
  ...set(DELTA, i64.subtract(get(TIME), get(BEFORE))),
  ...set(BITS, get(DELTA)),
  ...varint,
];

const rest: Code = during(subtract32(get(END), get(AT)), [
  ...readTime,
  ...set(DOD, i64.subtract(i64.subtract(get(TIME), get(BEFORE)), get(DELTA))),
  ...set(BEFORE, get(TIME)),
  ...when(i64.notEqual(get(DOD), number(0)), [
    ...set(DELTA, i64.add(get(DELTA), get(DOD))),
    ...irregular,
  ]),
  ...readValue,
  ...set(XOR, i64.xor(get(VALUE), get(LAST))),
  ...set(LAST, get(VALUE)),
  ...when(i64.isZero(get(XOR)), unchanged, changed),
  ...set(TIME_BIT, number(1)),
  ...set(AT, add32(get(AT), constant(8))),
]);

/** Copies BYTE bytes to TO, the last one first; up to 15 more behind them. */
const turn: Code = [
  ...set(AT, constant(0)),
  ...during(atLeast(get(BYTE), add32(get(AT), constant(1))), [
    ...v128.store(
      add32(get(TO), get(AT)),
      v128.turned(v128.load(subtract32(subtract32(get(BACK), constant(16)), get(AT)))),
    ),
    ...set(AT, add32(get(AT), constant(16))),
  ]),
];

/** `encode(TIMES, VALUES, COUNT, BACK, TO)`: writes the chunk to TO and returns its bytes. */
export const encodeFunction: WasmFunction = {
  parameters: ['i32', 'i32', 'i32', 'i32', 'i32'],
  locals: [
    ...(['i32', 'i32', 'i32', 'i32'] as const),
    ...Array.from({ length: BITS - TIME + 1 }, () => 'i64' as const),
  ],
  body: [
    ...set(END, shiftLeft(get(COUNT), constant(3))),
    ...set(LEADING, number(NO_WINDOW)),
    ...first,
    ...when(atLeast(get(COUNT), constant(2)), second),
    ...set(POSITION, i64.shiftLeft(i64.extend(get(BYTE)), number(3))),
    ...rest,
    ...set(BYTE, i64.wrap(i64.shiftRight(i64.add(get(POSITION), number(7)), number(3)))),
    ...turn,
    ...get(BYTE),
  ],
};
