// The symbol table of one 2.0 request in the engine's numbers: symbol number → symbol id.
//
// Looked up when a series first refers to a symbol, and only looked up: what the engine does not
// know is interned by the label parser, which validates it.

import { U32Column } from '../base/bytes/columns.ts';
import { NO_SYMBOL, type SymbolTable } from '../base/bytes/symbol-table.ts';
import { SymbolChain } from './symbol-chain.ts';
import type { DecodedRequest } from './wire/decoded-request.ts';

/** Bytes of a key with as many label references as a series may have; grows if need be. */
const KEY_BYTES = 1024;

export class RequestSymbols {
  readonly #chain: SymbolChain;
  readonly #ids = new U32Column(4096);
  #key = new DataView(new ArrayBuffer(KEY_BYTES));

  constructor(symbols: SymbolTable) {
    this.#chain = new SymbolChain(symbols);
  }

  /** The last key that `fillKey` made: a series' ids, four bytes each. */
  get key(): DataView {
    return this.#key;
  }

  /** Forgets the last request's table. */
  begin(request: DecodedRequest): void {
    const ids = this.#ids;
    this.#chain.begin();
    ids.clear();
    for (let i = request.symbolStarts.length; i > 0; i--) ids.push(NO_SYMBOL);
  }

  /**
   * Writes the ids behind references `start` to `end` into `key`. False when one of them is not
   * known to the engine: then no series is known by this key.
   */
  fillKey(request: DecodedRequest, start: number, end: number): boolean {
    if ((end - start) * 4 > this.#key.byteLength) {
      this.#key = new DataView(new ArrayBuffer((end - start) * 8));
    }
    const refs = request.labelRefs;
    const ids = this.#ids;
    const key = this.#key;
    for (let i = start, at = 0; i < end; i++, at += 4) {
      const ref = refs.at(i);
      let id = ids.at(ref);
      if (id === NO_SYMBOL) {
        id = this.#resolve(request, ref);
        if (id === NO_SYMBOL) return false;
      }
      key.setUint32(at, id, true);
    }
    return true;
  }

  /** The id of symbol number `ref`, or NO_SYMBOL when the engine does not know its bytes. */
  #resolve(request: DecodedRequest, ref: number): number {
    const start = request.symbolStarts.at(ref);
    const id = this.#chain.find(request.bytes, start, request.symbolLengths.at(ref));
    this.#ids.set(ref, id);
    return id;
  }
}
