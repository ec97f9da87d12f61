import { expect, test } from 'vitest';
import {
  assembleAll,
  type Code,
  get,
  type Type,
} from '../../../../src/base/bytes/wasm-assembler.ts';
import { f64, i64, v128 } from '../../../../src/base/bytes/wasm-wide.ts';

/** What this test needs of WebAssembly; Node has it, its types for a server do not. */
interface WasmApi {
  readonly Memory: new (size: { initial: number }) => { readonly buffer: ArrayBuffer };
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (
    module: object,
    imports: object,
  ) => { readonly exports: Record<string, (...args: (number | bigint)[]) => number> };
}

const { WebAssembly: wasm } = globalThis as unknown as { WebAssembly: WasmApi };

/** Runs `body`, which works on a memory that begins with `bytes`; what it returns, the memory. */
function run(
  body: Code,
  args: Readonly<Record<string, Type>> = {},
  ...values: (number | bigint)[]
) {
  const memory = new wasm.Memory({ initial: 1 });
  new Uint8Array(memory.buffer).set(Array.from({ length: 32 }, (_, i) => i));
  const functions = { other: { parameters: [], locals: [], body: get0 }, run: fn(args, body) };
  const module = new wasm.Module(assembleAll(functions));
  const { exports } = new wasm.Instance(module, { env: { memory } });
  return { gives: exports.run?.(...values), view: new DataView(memory.buffer) };
}

const get0: Code = [0x41, 0];
const fn = (args: Readonly<Record<string, Type>>, body: Code) => ({
  parameters: Object.values(args),
  locals: ['v128', 'i64'] as const,
  body,
});

test.each([0n, -1n, 63n, 64n, -64n, -65n, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n])(
  'the constant %i is itself',
  (value) => {
    const { view } = run([...i64.store(get0, i64.constant(value), 40), ...get0]);
    expect(view.getBigInt64(40, true)).toBe(value);
  },
);

test('an unsigned constant of 64 bits is the same bits', () => {
  const { view } = run([...i64.store(get0, i64.constant(0xfff8_0000_0000_0000n), 400), ...get0]);
  expect(view.getBigUint64(400, true)).toBe(0xfff8_0000_0000_0000n);
});

test('64-bit comparisons are signed unless they say otherwise', () => {
  const args = { a: 'i64', b: 'i64' } as const;
  const of = (compare: (a: Code, b: Code) => Code) =>
    [
      [-1n, 1n],
      [1n, 1n],
      [1n, -1n],
    ].map((pair) => run(compare(get(0), get(1)), args, ...pair).gives);
  expect(of(i64.below)).toEqual([1, 0, 0]);
  expect(of(i64.atLeast)).toEqual([0, 1, 1]);
  expect(of(i64.notEqual)).toEqual([1, 0, 1]);
  expect(of(i64.aboveUnsigned)).toEqual([1, 0, 0]);
  expect(of(i64.atMostUnsigned)).toEqual([0, 1, 1]);
});

test('the lesser and the greater of two vectors keep the left one when neither is', () => {
  const both = (of: (a: Code, b: Code) => Code, a: number, b: number): number => {
    const body = [...f64.store(get0, v128.first(of(v128.splat(get(0)), v128.splat(get(1)))))];
    return run([...body, ...get0], { a: 'f64', b: 'f64' }, a, b).view.getFloat64(0, true);
  };
  expect([both(v128.lesser, 1, 2), both(v128.lesser, 2, 1)]).toEqual([1, 1]);
  expect([both(v128.greater, 1, 2), both(v128.greater, 2, 1)]).toEqual([2, 2]);
  expect([both(v128.lesser, 0, -0), both(v128.greater, -0, 0)]).toEqual([0, -0]);
});

test('16 bytes are turned around', () => {
  const { view } = run([...v128.store(get0, v128.turned(v128.load(get0, 3)), 64), ...get0]);
  const bytes = Array.from({ length: 16 }, (_, i) => view.getUint8(64 + i));
  expect(bytes).toEqual(Array.from({ length: 16 }, (_, i) => 18 - i));
});
