// Just enough of a WebAssembly assembler to write small functions in TypeScript, where they can be
// read and reviewed, instead of committing bytes (WebAssembly core specification 2.0, section 5).
// Instructions on 64 and 128 bits are in wasm-wide.ts.

/** Encoded instructions; an expression leaves one value on the stack. */
export type Code = readonly number[];

const unsigned = (value: number): number[] => {
  const bytes: number[] = [];
  for (; value >= 128; value >>>= 7) bytes.push((value & 127) | 128);
  return [...bytes, value];
};

const signed = (value: number): number[] => {
  const bytes: number[] = [];
  for (; value > 63 || value < -64; value >>= 7) bytes.push((value & 127) | 128);
  return [...bytes, value & 127];
};

/** A number. */
export const constant = (value: number): Code => [0x41, ...signed(value)];
/** A local's value. */
export const get = (local: number): Code => [0x20, ...unsigned(local)];
/** Sets a local. */
export const set = (local: number, value: Code): Code => [...value, 0x21, ...unsigned(local)];

const binary =
  (opcode: number) =>
  (left: Code, right: Code): Code => [...left, ...right, opcode];
/** 1 when both are the same, else 0. */
export const equal = binary(0x46);
/** 1 when `left` is greater than `right`, unsigned like all comparisons here; else 0. */
export const above = binary(0x4b);
/** 1 when `left` is at most `right`, unsigned. */
export const atMost = binary(0x4d);
/** 1 when `left` is at least `right`, unsigned. */
export const atLeast = binary(0x4f);
/** Sum, modulo 2^32. */
export const add = binary(0x6a);
/** Difference, modulo 2^32. */
export const subtract = binary(0x6b);
/** Bits that are in both. */
export const and = binary(0x71);
/** Bits that are in either. */
export const or = binary(0x72);
/** `left` shifted by `right` bits. */
export const shiftLeft = binary(0x74);
/** `left` shifted by `right` bits, filled with zeros. */
export const shiftRight = binary(0x76);

/** `yes` or `no`; both are evaluated, and nothing is branched on. */
export const select = (condition: Code, yes: Code, no: Code): Code => [
  ...yes,
  ...no,
  ...condition,
  0x1b,
];

/** The byte at `at` + `offset`. */
export const load8 = (at: Code, offset = 0): Code => [...at, 0x2d, 0, ...unsigned(offset)];
/** Two bytes, little-endian. */
export const load16 = (at: Code, offset = 0): Code => [...at, 0x2f, 0, ...unsigned(offset)];
/** Four bytes, little-endian. */
export const load32 = (at: Code, offset = 0): Code => [...at, 0x28, 0, ...unsigned(offset)];
/** Sets the byte at `at`. */
export const store8 = (at: Code, value: Code): Code => [...at, ...value, 0x3a, 0, 0];

/** Copies 16 bytes; reads them all before it writes. */
export const copy16 = (to: Code, from: Code, offset: number): Code => [
  ...to,
  ...from,
  ...[0xfd, 0x00, 0, ...unsigned(offset)],
  ...[0xfd, 0x0b, 0, ...unsigned(offset)],
];

/** Copies `count` bytes between places that do not overlap, or as if by way of a third. */
export const copy = (to: Code, from: Code, count: Code): Code => [
  ...to,
  ...from,
  ...count,
  ...[0xfc, 0x0a, 0, 0],
];

/** Runs `yes` when `condition` is not 0, else `no`. */
export const when = (condition: Code, yes: Code, no: Code = []): Code => [
  ...condition,
  ...[0x04, 0x40],
  ...yes,
  ...(no.length > 0 ? [0x05, ...no] : []),
  0x0b,
];

/** Runs `body` while `condition` is not 0. */
export const during = (condition: Code, body: Code): Code => [
  ...[0x02, 0x40, 0x03, 0x40],
  ...condition,
  ...[0x45, 0x0d, 1], // is it 0? then out of the block
  ...body,
  ...[0x0c, 0], // back to the loop's start
  ...[0x0b, 0x0b],
];

/** Returns `value`. */
export const giveBack = (value: Code): Code => [...value, 0x0f];

/** What a parameter or a local holds; the numbers are the specification's. */
export const TYPES = { i32: 0x7f, i64: 0x7e, f64: 0x7c, v128: 0x7b } as const;
/** One of them. */
export type Type = keyof typeof TYPES;

/** A function that returns a 32-bit integer. */
export interface WasmFunction {
  readonly parameters: readonly Type[];
  readonly locals: readonly Type[];
  readonly body: Code;
}

/**
 * A module that exports these functions by their names; they work on the memory imported as
 * `env.memory`.
 */
export function assembleAll(
  functions: Readonly<Record<string, WasmFunction>>,
): Uint8Array<ArrayBuffer> {
  const vector = (items: readonly Code[]): number[] => [...unsigned(items.length), ...items.flat()];
  const section = (id: number, content: Code): number[] => [
    id,
    ...unsigned(content.length),
    ...content,
  ];
  const name = (text: string): number[] => vector([...text].map((c) => [c.charCodeAt(0)]));
  const all = Object.entries(functions);
  const types = all.map(([, { parameters }]) => [
    ...[0x60, ...vector(parameters.map((type) => [TYPES[type]]))],
    ...[1, TYPES.i32],
  ]);
  const codes = all.map(([, { locals, body }]) => {
    const code = [...vector(locals.map((type) => [1, TYPES[type]])), ...body, 0x0b];
    return [...unsigned(code.length), ...code];
  });
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, vector(types)),
    ...section(2, vector([[...name('env'), ...name('memory'), 0x02, 0x00, 0]])),
    ...section(3, vector(all.map((_, i) => unsigned(i)))),
    ...section(7, vector(all.map(([exported], i) => [...name(exported), 0x00, ...unsigned(i)]))),
    ...section(10, vector(codes)),
  ]);
}

/** As `assembleAll`, with one function `run` of 32-bit integers only. */
export function assemble(parameters: number, locals: number, body: Code): Uint8Array<ArrayBuffer> {
  const integers = (count: number): Type[] => Array.from({ length: count }, () => 'i32');
  return assembleAll({ run: { parameters: integers(parameters), locals: integers(locals), body } });
}
