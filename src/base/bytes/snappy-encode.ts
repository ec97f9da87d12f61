// Compresses to a raw snappy block: natively, or with snappyjs where the native addon does not
// load.

import { createRequire } from 'node:module';

type Compress = (input: Uint8Array) => Uint8Array;

interface NativeSnappy {
  compressSync(input: Uint8Array, options: { copyOutputData: boolean }): Uint8Array;
}
interface ScriptSnappy {
  compress(input: Uint8Array): Uint8Array;
}

let chosen: Compress | undefined;

/** `input` as a raw snappy block (not the framed format). */
export function compressSnappy(input: Uint8Array): Uint8Array {
  chosen ??= choose();
  return chosen(input);
}

function choose(): Compress {
  const require = createRequire(import.meta.url);
  try {
    const native = require('snappy') as NativeSnappy;
    // Without copyOutputData it is slower than snappyjs: each result would be memory that V8 has to
    // track outside its heap.
    return (input) => native.compressSync(input, { copyOutputData: true });
  } catch {
    // No build of the addon for this machine. The other one is slower, and right.
    const script = require('snappyjs') as ScriptSnappy;
    return (input) => script.compress(input);
  }
}
