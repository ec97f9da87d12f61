// The snappy decoder's loop in WebAssembly: 16 bytes at a time and no bounds check per access,
// about twice as fast as snappy-decode.ts, whose loop does the same, explains every refusal, and
// steps in where WebAssembly is missing. This one only says yes or no.
//
// Memory: the body is written from byte 0, and needs 64 bytes of slack behind it; the input stands
// behind that, with 64 readable bytes behind its end.

import {
  above,
  add,
  and,
  assemble,
  atLeast,
  atMost,
  type Code,
  constant,
  copy,
  copy16,
  during,
  equal,
  get,
  giveBack,
  load8,
  load16,
  load32,
  or,
  select,
  set,
  shiftLeft,
  shiftRight,
  store8,
  subtract,
  when,
} from './wasm-assembler.ts';

// Parameters: the next byte of input, its end, the body's length.
const AT = 0;
const END = 1;
const LENGTH = 2;
// Locals.
const TO = 3;
const TAG = 4;
const KIND = 5;
const COUNT = 6;
const FROM = 7;
const OFFSET = 8;
const EXTRA = 9;
const LOCALS = 7;

const refuse: Code = giveBack(constant(0));

/** 64 bytes whatever COUNT is: cheaper than finding out, and no copy is longer. */
const copy64: Code = [0, 16, 32, 48].flatMap((offset) => copy16(get(TO), get(FROM), offset));

const literal: Code = [
  ...set(COUNT, add(shiftRight(get(TAG), constant(2)), constant(1))),
  ...set(FROM, add(get(AT), constant(1))),
  ...when(above(get(COUNT), constant(60)), [
    ...set(EXTRA, subtract(get(COUNT), constant(60))),
    ...when(above(get(EXTRA), subtract(get(END), get(FROM))), refuse),
    // The one to four bytes of EXTRA, of four that are read.
    ...set(
      COUNT,
      and(
        load32(get(FROM)),
        shiftRight(constant(-1), subtract(constant(32), shiftLeft(get(EXTRA), constant(3)))),
      ),
    ),
    ...when(equal(get(COUNT), constant(-1)), refuse),
    ...set(COUNT, add(get(COUNT), constant(1))),
    ...set(FROM, add(get(FROM), get(EXTRA))),
  ]),
  ...when(above(get(COUNT), subtract(get(END), get(FROM))), refuse),
  ...when(above(get(COUNT), subtract(get(LENGTH), get(TO))), refuse),
  ...when(
    atMost(get(COUNT), constant(16)),
    copy16(get(TO), get(FROM), 0),
    when(atMost(get(COUNT), constant(64)), copy64, copy(get(TO), get(FROM), get(COUNT))),
  ),
  ...set(TO, add(get(TO), get(COUNT))),
  ...set(AT, add(get(FROM), get(COUNT))),
];

const upperSix = add(shiftRight(get(TAG), constant(2)), constant(1));
const isShort = equal(get(KIND), constant(1));

/** Sets COUNT and OFFSET, and moves AT behind the element (possibly behind END: checked later). */
const copyElement: Code = when(
  equal(get(KIND), constant(3)),
  [
    ...set(COUNT, upperSix),
    ...set(OFFSET, load32(get(AT), 1)),
    ...set(AT, add(get(AT), constant(5))),
  ],
  [
    ...set(OFFSET, load16(get(AT), 1)),
    ...set(
      COUNT,
      select(
        isShort,
        add(and(shiftRight(get(TAG), constant(2)), constant(7)), constant(4)),
        upperSix,
      ),
    ),
    ...set(
      OFFSET,
      select(
        isShort,
        or(
          shiftLeft(shiftRight(get(TAG), constant(5)), constant(8)),
          and(get(OFFSET), constant(255)),
        ),
        get(OFFSET),
      ),
    ),
    // One byte of offset follows a tag of kind 1, two follow one of kind 2.
    ...set(AT, add(add(get(AT), get(KIND)), constant(1))),
  ],
);

const bytewise: Code = [
  ...set(EXTRA, add(get(TO), get(COUNT))),
  ...during(subtract(get(EXTRA), get(TO)), [
    ...store8(get(TO), load8(get(FROM))),
    ...set(TO, add(get(TO), constant(1))),
    ...set(FROM, add(get(FROM), constant(1))),
  ]),
];

const copied: Code = [
  ...copyElement,
  // Below 1 or above TO, in one unsigned comparison.
  ...when(atLeast(subtract(get(OFFSET), constant(1)), get(TO)), refuse),
  ...when(above(get(COUNT), subtract(get(LENGTH), get(TO))), refuse),
  ...set(FROM, subtract(get(TO), get(OFFSET))),
  ...when(
    atLeast(get(OFFSET), constant(16)),
    [...copy64, ...set(TO, add(get(TO), get(COUNT)))],
    bytewise,
  ),
];

const program: Code = [
  ...during(above(get(END), get(AT)), [
    ...set(TAG, load8(get(AT))),
    ...set(KIND, and(get(TAG), constant(3))),
    ...when(get(KIND), copied, literal),
  ]),
  ...and(equal(get(AT), get(END)), equal(get(TO), get(LENGTH))),
];

/** What this file needs of WebAssembly; Node has it, its types for a server do not. */
interface WasmApi {
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Memory: new (descriptor: { initial: number }) => { readonly buffer: ArrayBuffer };
  readonly Instance: new (
    module: object,
    imports: object,
  ) => { readonly exports: { run(at: number, end: number, length: number): number } };
}

const PAGE_BYTES = 65_536;
let compiled: { readonly api: WasmApi; readonly module: object } | undefined | null;

function compile(): typeof compiled {
  const api = (globalThis as { WebAssembly?: WasmApi }).WebAssembly;
  if (api === undefined) return null;
  try {
    return { api, module: new api.Module(assemble(3, LOCALS, program)) };
  } catch {
    // No SIMD on this processor, or WebAssembly switched off: the other loop decodes as well.
    return null;
  }
}

/** A memory and the loop working on it. */
export interface SnappyMemory {
  readonly buffer: ArrayBuffer;
  /** 1 when the elements from `at` to `end` are a body of `length` bytes, now at byte 0; else 0. */
  run(at: number, end: number, length: number): number;
}

/** A new memory of at least `sizeBytes`, or undefined where there is no WebAssembly for it. */
export function openSnappyMemory(sizeBytes: number): SnappyMemory | undefined {
  compiled ??= compile();
  if (compiled === null || compiled === undefined) return undefined;
  const { api, module } = compiled;
  // A new memory each time it must grow: growing one in place would detach its buffer, and from the
  // first detached buffer on, V8 checks every access to every typed array of the thread for that.
  const memory = new api.Memory({ initial: Math.ceil(sizeBytes / PAGE_BYTES) });
  const { run } = new api.Instance(module, { env: { memory } }).exports;
  return { buffer: memory.buffer, run };
}
