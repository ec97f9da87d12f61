// The loop of FloatWindows in WebAssembly (docs/formats/aggregate-chunks.md, "Floats"): the same
// operations on doubles in the same order, but without branches on the values.

import {
  add as add32,
  atLeast,
  type Code,
  constant,
  during,
  get,
  set,
  shiftLeft,
  subtract,
  type WasmFunction,
  when,
} from '../bytes/wasm-assembler.ts';
import { f64, v128 } from '../bytes/wasm-wide.ts';

/** The columns that are made; each has room for a row before the windows and one behind. */
export const COLUMNS = { times: 0, counts: 1, sums: 2, mins: 3, maxs: 4, counters: 5 } as const;

/** Windows that are made at most, by the caller's reckoning. */
export const WINDOWS_MAX = 2_040;

/** From one column to the next; no power of two, so that they do not fight for the same cache. */
export const COLUMN_BYTES = (WINDOWS_MAX + 6) * 8;

// Parameters: the samples, their number, the columns.
const TIMES = 0;
const VALUES = 1;
const COUNT = 2;
const COLUMNS_AT = 3;
const RESOLUTION_MS = 4;
// Locals.
const AT = 5;
const END = 6;
const ROW = 7;
const IN_WINDOW = 8;
const TIME = 9;
const VALUE = 10;
const WINDOW_MS = 11;
const LAST_MS = 12;
const SUM = 13;
const BOTH = 14;
const PREVIOUS = 15;
const COUNTER = 16;
const LEAST = 17;
const GREATEST = 18;

const timeHere = f64.load(add32(get(TIMES), get(AT)));
const valueHere = f64.load(add32(get(VALUES), get(AT)));
const isNumber = f64.equal(get(VALUE), get(VALUE));
const next = set(AT, add32(get(AT), constant(8)));
const put = (column: keyof typeof COLUMNS, value: Code): Code =>
  f64.store(get(ROW), value, COLUMNS[column] * COLUMN_BYTES);

const windowEnd = f64.least(
  f64.subtract(
    f64.add(
      f64.multiply(f64.floor(f64.divide(get(TIME), get(RESOLUTION_MS))), get(RESOLUTION_MS)),
      get(RESOLUTION_MS),
    ),
    f64.constant(1),
  ),
  get(LAST_MS),
);

const addValue: Code = [
  ...set(BOTH, v128.splat(get(VALUE))),
  // What falls began again at 0.
  ...set(
    COUNTER,
    v128.add(
      get(COUNTER),
      v128.subtract(get(BOTH), v128.andNot(get(PREVIOUS), v128.below(get(BOTH), get(PREVIOUS)))),
    ),
  ),
  ...set(PREVIOUS, get(BOTH)),
  ...set(SUM, f64.add(get(SUM), get(VALUE))),
  ...set(IN_WINDOW, add32(get(IN_WINDOW), constant(1))),
  ...set(LEAST, v128.lesser(get(LEAST), get(BOTH))),
  ...set(GREATEST, v128.greater(get(GREATEST), get(BOTH))),
];

/** Goes through the samples up to WINDOW_MS; VALUE is the one at AT, and a number. */
const oneWindow: Code = [
  ...set(WINDOW_MS, windowEnd),
  ...set(IN_WINDOW, constant(0)),
  ...set(SUM, f64.constant(0)),
  ...set(LEAST, v128.splat(get(VALUE))),
  ...set(GREATEST, get(LEAST)),
  ...during(f64.atMost(get(TIME), get(WINDOW_MS)), [
    ...when(isNumber, addValue),
    ...next,
    // The last sample is not followed by one, so its window ends by a time that never comes.
    ...when(atLeast(get(AT), get(END)), set(TIME, f64.constant(Number.POSITIVE_INFINITY)), [
      ...set(TIME, timeHere),
      ...set(VALUE, valueHere),
    ]),
  ]),
  ...put('times', get(WINDOW_MS)),
  ...put('counts', f64.ofInt32(get(IN_WINDOW))),
  ...put('sums', get(SUM)),
  ...put('mins', v128.first(get(LEAST))),
  ...put('maxs', v128.first(get(GREATEST))),
  ...put('counters', v128.first(get(COUNTER))),
  ...set(ROW, add32(get(ROW), constant(8))),
];

/** The first and the last value, which frame the counters. */
const frame: Code = [
  ...set(AT, constant(0)),
  ...f64.store(get(COLUMNS_AT), timeHere),
  ...f64.store(get(COLUMNS_AT), valueHere, COLUMNS.counters * COLUMN_BYTES),
  ...set(AT, subtract(get(END), constant(8))),
  ...put('times', timeHere),
  ...put('counters', valueHere),
];

/**
 * `windows(TIMES, VALUES, COUNT, COLUMNS_AT, RESOLUTION_MS)`: fills the columns, from the second
 * row on, and returns the end of the first one. The first and the last value are no NaN; others
 * count nowhere.
 */
export const windowsFunction: WasmFunction = {
  parameters: ['i32', 'i32', 'i32', 'i32', 'f64'],
  locals: [
    ...(['i32', 'i32', 'i32', 'i32'] as const),
    ...(['f64', 'f64', 'f64', 'f64', 'f64'] as const),
    ...(['v128', 'v128', 'v128', 'v128', 'v128'] as const),
  ],
  body: [
    ...set(END, shiftLeft(get(COUNT), constant(3))),
    ...set(ROW, add32(get(COLUMNS_AT), constant(8))),
    ...set(AT, subtract(get(END), constant(8))),
    ...set(LAST_MS, timeHere),
    // -0 + (x - 0) is x for every x, -0 too.
    ...set(COUNTER, v128.splat(f64.constant(-0))),
    ...set(AT, constant(0)),
    ...during(subtract(get(END), get(AT)), [
      ...set(TIME, timeHere),
      ...set(VALUE, valueHere),
      ...when(isNumber, oneWindow, next),
    ]),
    ...frame,
    ...get(ROW),
  ],
};
