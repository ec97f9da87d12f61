import { expect, test } from 'vitest';
import {
  add,
  assemble,
  type Code,
  constant,
  during,
  get,
  giveBack,
  select,
  set,
  subtract,
  when,
} from '../../../../src/base/bytes/wasm-assembler.ts';

/** What this test needs of WebAssembly; Node has it, its types for a server do not. */
interface WasmApi {
  readonly Memory: new (size: { initial: number }) => object;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (
    module: object,
    imports: object,
  ) => { readonly exports: { run(...args: number[]): number } };
}

const { WebAssembly: wasm } = globalThis as unknown as { WebAssembly: WasmApi };

function run(body: Code, ...args: number[]): number {
  const memory = new wasm.Memory({ initial: 1 });
  const module = new wasm.Module(assemble(args.length, 2, body));
  return new wasm.Instance(module, { env: { memory } }).exports.run(...args);
}

test.each([0, 1, -1, 63, 64, -64, -65, 8191, 8192, 2 ** 31 - 1, -(2 ** 31)])(
  'the constant %i is itself',
  (value) => {
    expect(run(constant(value))).toBe(value);
  },
);

test('a loop, a branch and a choice', () => {
  // The sum of 1 to n; 7 when n is 0.
  const sum: Code = [
    ...when(get(0), [], giveBack(constant(7))),
    ...during(get(0), [...set(1, add(get(1), get(0))), ...set(0, subtract(get(0), constant(1)))]),
    ...select(get(0), constant(-1), get(1)),
  ];
  expect(run(sum, 100)).toBe(5050);
  expect(run(sum, 0)).toBe(7);
});
