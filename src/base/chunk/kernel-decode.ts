// The loop of XorDecoder in WebAssembly: an XOR chunk (docs/formats/chunks.md) into columns, with
// 64-bit integers. It only says how many samples there are, or that it will not do it; then
// xor-decode.ts does, which explains every refusal.
//
// The chunk is turned around first: a little-endian load below its end then has the bits in the
// order in which they are read. BACK is where the first byte is, plus one; byte `n` is at
// BACK - 1 - n, and eight bytes from it on are at BACK - 8 - n.
// Invariant: nothing is read more than 24 bytes behind the chunk's end, because each sample's end
// is checked against it.

import {
  add as add32,
  and,
  atLeast,
  type Code,
  constant,
  during,
  equal,
  get,
  giveBack,
  load8,
  or as or32,
  select,
  set,
  shiftLeft as shiftLeft32,
  shiftRight as shiftRight32,
  subtract as subtract32,
  type WasmFunction,
  when,
} from '../bytes/wasm-assembler.ts';
import { f64, i64, v128 } from '../bytes/wasm-wide.ts';
import { TIME_JUMP_MAX_MS } from './chunk-format.ts';
import { STALE_HIGH, STALE_LOW } from './stale.ts';
import { XOR_HEADER_BYTES } from './xor-state.ts';

// Parameters: where the chunk is, its bytes, its samples, where the columns go on, the time of the
// last sample before.
const FROM = 0;
const LENGTH = 1;
const COUNT = 2;
const TIMES = 3;
const VALUES = 4;
const BEFORE_MS = 5;
const BACK = 6;
// Locals.
const LEFT = 7;
const BYTE = 8;
const AT = 9;
/** Bytes of a column that are filled. */
const FILLED = 10;
const IS_NEW = 11;
const TIME = 12;
const DELTA = 13;
const VALUE = 14;
const POSITION = 15;
const END = 16;
const BITS = 17;
const LEADING = 18;
const SIGNIFICANT = 19;
const TRAILING = 20;
const NUMBER = 21;
const SHIFT = 22;

const STALE = (BigInt(STALE_HIGH) << 32n) | BigInt(STALE_LOW);

const refuse: Code = giveBack(constant(-1));
const number = (value: number | bigint): Code => i64.constant(value);
const advance = (bits: number): Code => set(POSITION, i64.add(get(POSITION), number(bits)));

/** Writes the chunk's bytes below BACK, the first one last. */
const turn: Code = [
  ...set(AT, constant(0)),
  ...during(atLeast(get(LENGTH), add32(get(AT), constant(1))), [
    ...v128.store(
      subtract32(subtract32(get(BACK), constant(16)), get(AT)),
      v128.turned(v128.load(add32(get(FROM), get(AT)))),
    ),
    ...set(AT, add32(get(AT), constant(16))),
  ]),
];

/** Sets NUMBER to the varint at byte AT of the chunk, and AT to what follows. */
const varint: Code = [
  ...set(NUMBER, number(0)),
  ...set(SHIFT, number(0)),
  ...set(BYTE, constant(128)),
  ...during(atLeast(get(BYTE), constant(128)), [
    ...when(i64.atLeast(get(SHIFT), number(63)), refuse),
    ...set(BYTE, load8(add32(get(FROM), get(AT)))),
    ...set(
      NUMBER,
      i64.or(get(NUMBER), i64.shiftLeft(i64.extend(and(get(BYTE), constant(127))), get(SHIFT))),
    ),
    ...set(SHIFT, i64.add(get(SHIFT), number(7))),
    ...set(AT, add32(get(AT), constant(1))),
  ]),
];

/** The 57 to 64 bits from POSITION on, the first one highest. */
const bitsHere: Code = i64.shiftLeft(
  i64.load(
    subtract32(
      subtract32(get(BACK), constant(8)),
      i64.wrap(i64.shiftRight(get(POSITION), number(3))),
    ),
  ),
  i64.and(get(POSITION), number(7)),
);

/** Those of 64 that may be missing there. */
const bitsBehind: Code = i64.shiftRight(
  i64.load8(
    subtract32(
      subtract32(get(BACK), constant(9)),
      i64.wrap(i64.shiftRight(get(POSITION), number(3))),
    ),
  ),
  i64.subtract(number(8), i64.and(get(POSITION), number(7))),
);

/** Reads a value whose control bits are the highest of BITS, and stores it with its time. */
const value: Code = [
  ...when(i64.atLeast(get(BITS), number(0)), advance(1), [
    // A new window or the old one: chosen without a branch, because nobody can foretell which.
    ...set(IS_NEW, and(i64.wrap(i64.shiftRight(get(BITS), number(62))), constant(1))),
    ...set(
      LEADING,
      select(get(IS_NEW), i64.and(i64.shiftRight(get(BITS), number(57)), number(31)), get(LEADING)),
    ),
    // 64 bits are written as 0.
    ...set(
      SIGNIFICANT,
      select(
        get(IS_NEW),
        i64.add(
          i64.and(i64.subtract(i64.shiftRight(get(BITS), number(51)), number(1)), number(63)),
          number(1),
        ),
        get(SIGNIFICANT),
      ),
    ),
    ...set(POSITION, i64.add(get(POSITION), select(get(IS_NEW), number(13), number(2)))),
    ...set(TRAILING, i64.subtract(i64.subtract(number(64), get(LEADING)), get(SIGNIFICANT))),
    ...when(i64.below(get(TRAILING), number(0)), refuse),
    ...set(NUMBER, bitsHere),
    // Seldom: numbers near each other have their first bits in common.
    ...when(
      i64.aboveUnsigned(get(SIGNIFICANT), number(57)),
      set(NUMBER, i64.or(get(NUMBER), bitsBehind)),
    ),
    ...set(
      VALUE,
      i64.xor(
        get(VALUE),
        i64.shiftLeft(
          i64.shiftRight(get(NUMBER), i64.subtract(number(64), get(SIGNIFICANT))),
          get(TRAILING),
        ),
      ),
    ),
    ...set(POSITION, i64.add(get(POSITION), get(SIGNIFICANT))),
  ]),
  ...when(i64.below(get(END), get(POSITION)), refuse),
];

/** Stores TIME and VALUE, unless it is a stale marker: then the next sample goes there. */
const store: Code = [
  ...f64.store(add32(get(TIMES), get(FILLED)), f64.ofInt64(get(TIME))),
  ...i64.store(add32(get(VALUES), get(FILLED)), get(VALUE)),
  ...set(
    FILLED,
    add32(get(FILLED), shiftLeft32(i64.notEqual(get(VALUE), number(STALE)), constant(3))),
  ),
];

const first: Code = [
  ...set(AT, constant(XOR_HEADER_BYTES)),
  ...varint,
  // Zigzag: the lowest bit is the sign.
  ...set(
    TIME,
    i64.xor(
      i64.shiftRight(get(NUMBER), number(1)),
      i64.subtract(number(0), i64.and(get(NUMBER), number(1))),
    ),
  ),
  ...set(VALUE, i64.load(subtract32(subtract32(get(BACK), constant(8)), get(AT)))),
  ...set(AT, add32(get(AT), constant(8))),
  ...when(atLeast(get(AT), add32(get(LENGTH), constant(1))), refuse),
  // Before the year -285426 or after 287396.
  ...when(
    i64.aboveUnsigned(
      i64.add(get(TIME), number(Number.MAX_SAFE_INTEGER)),
      number(2n * BigInt(Number.MAX_SAFE_INTEGER)),
    ),
    refuse,
  ),
  ...when(f64.atMost(f64.ofInt64(get(TIME)), get(BEFORE_MS)), refuse),
  ...store,
];

const second: Code = [
  ...varint,
  ...when(
    i64.aboveUnsigned(i64.subtract(get(NUMBER), number(1)), number(TIME_JUMP_MAX_MS - 1)),
    refuse,
  ),
  ...when(atLeast(get(AT), add32(get(LENGTH), constant(1))), refuse),
  ...set(DELTA, get(NUMBER)),
  ...set(TIME, i64.add(get(TIME), get(DELTA))),
  ...set(POSITION, i64.shiftLeft(i64.extend(get(AT)), number(3))),
  ...set(BITS, bitsHere),
  ...value,
  ...store,
];

/** A delta of deltas of `width` bits behind `control` ones; the top value is positive. */
const shortDod = (control: number, width: number): Code => [
  ...set(
    NUMBER,
    i64.shiftRightSigned(i64.shiftLeft(get(BITS), number(control)), number(64 - width)),
  ),
  ...set(
    NUMBER,
    select(
      i64.notEqual(get(NUMBER), number(-(2 ** (width - 1)))),
      get(NUMBER),
      number(2 ** (width - 1)),
    ),
  ),
  ...advance(control + width),
];

const hasBit = (bit: number): Code =>
  and(i64.wrap(i64.shiftRight(get(BITS), number(bit))), constant(1));

const irregular: Code = [
  ...when(
    hasBit(62),
    when(
      hasBit(61),
      when(
        hasBit(60),
        [
          ...advance(4),
          ...set(NUMBER, i64.or(bitsHere, bitsBehind)),
          ...advance(64),
          ...when(i64.below(get(END), get(POSITION)), refuse),
        ],
        shortDod(4, 20),
      ),
      shortDod(3, 17),
    ),
    shortDod(2, 14),
  ),
  ...set(DELTA, i64.add(get(DELTA), get(NUMBER))),
  // Neither below 1 nor far above.
  ...when(
    i64.aboveUnsigned(i64.subtract(get(DELTA), number(1)), number(TIME_JUMP_MAX_MS - 1)),
    refuse,
  ),
  ...set(BITS, bitsHere),
];

const rest: Code = [
  ...set(LEFT, subtract32(get(COUNT), constant(2))),
  ...during(get(LEFT), [
    ...set(BITS, bitsHere),
    ...when(
      i64.atLeast(get(BITS), number(0)),
      [...advance(1), ...set(BITS, i64.shiftLeft(get(BITS), number(1)))],
      irregular,
    ),
    ...set(TIME, i64.add(get(TIME), get(DELTA))),
    ...value,
    ...store,
    ...set(LEFT, subtract32(get(LEFT), constant(1))),
  ]),
];

/**
 * `decode(FROM, LENGTH, COUNT, TIMES, VALUES, BEFORE_MS, BACK)`: appends the samples, without stale
 * markers, and returns how many; -1 when it refuses, whatever the reason.
 */
export const decodeFunction: WasmFunction = {
  parameters: ['i32', 'i32', 'i32', 'i32', 'i32', 'f64', 'i32'],
  locals: [
    ...(['i32', 'i32', 'i32', 'i32', 'i32'] as const),
    ...(['i64', 'i64', 'i64', 'i64', 'i64', 'i64', 'i64', 'i64', 'i64', 'i64', 'i64'] as const),
  ],
  body: [
    ...when(or32(equal(get(COUNT), constant(0)), equal(get(LENGTH), constant(0))), refuse),
    ...turn,
    ...set(END, i64.shiftLeft(i64.extend(get(LENGTH)), number(3))),
    // As long as there is no window, all 64 bits follow.
    ...set(SIGNIFICANT, number(64)),
    ...first,
    ...when(atLeast(get(COUNT), constant(2)), second),
    ...when(atLeast(get(COUNT), constant(3)), rest),
    ...when(i64.below(number(Number.MAX_SAFE_INTEGER), get(TIME)), refuse),
    ...shiftRight32(get(FILLED), constant(3)),
  ],
};
