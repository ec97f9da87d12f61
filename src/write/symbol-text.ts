// Symbols written into records straight from where their bytes live, without copies in between.

import type { ByteWriter } from '../base/bytes/byte-writer.ts';
import type { U32Column } from '../base/bytes/columns.ts';
import { SYMBOL_ADDRESS } from '../base/bytes/symbol-table.ts';
import type { EngineMemory } from '../head/engine-memory.ts';

export class SymbolText {
  readonly #symbols: EngineMemory['symbols'];
  readonly #arena: EngineMemory['arena'];

  constructor(memory: Pick<EngineMemory, 'symbols' | 'arena'>) {
    this.#symbols = memory.symbols;
    this.#arena = memory.arena;
  }

  /** A copy of the symbol's bytes. */
  bytesOf(id: number): Uint8Array {
    return this.#symbols.bytesOf(id);
  }

  /** Lengths and bytes of the symbols in cells `start` to `end` of `ids`. */
  writeLabels(ids: U32Column, start: number, end: number, into: ByteWriter): void {
    for (let i = start; i < end; i++) this.#write(ids.at(i), into);
  }

  #write(id: number, into: ByteWriter): void {
    const symbols = this.#symbols;
    const length = symbols.lengthOf(id);
    into.uvarint(length);
    if (length === 0) return;
    const { records } = symbols;
    const address = records.view(id).getUint32(records.offset(id) + SYMBOL_ADDRESS, true);
    const from = this.#arena.offset(address);
    into.bytes(this.#arena.bytes(address), from, from + length);
  }
}
