// Symbols written into records straight from where their bytes live, without copies in between.

import type { ByteWriter } from '../base/bytes/byte-writer.ts';
import type { U32Column } from '../base/bytes/columns.ts';
import { SYMBOL_ADDRESS, SYMBOL_LENGTH } from '../base/bytes/symbol-table.ts';
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

  /** Blocks of the arena are whole units of 16 bytes, so eight at a time stay within them. */
  #write(id: number, into: ByteWriter): void {
    const symbols = this.#symbols;
    const { records } = symbols;
    const record = records.view(id);
    const at = records.offset(id);
    const length = record.getUint32(at + SYMBOL_LENGTH, true);
    if (length === 0) {
      into.uvarint(0);
      return;
    }
    const address = record.getUint32(at + SYMBOL_ADDRESS, true);
    into.prefixed(this.#arena.view(address), this.#arena.offset(address), length);
  }
}
