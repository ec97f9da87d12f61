// The symbol table of one 2.0 request in the engine's numbers: symbol number → symbol id.
//
// Looked up when a series first refers to a symbol, and only looked up: what the engine does not
// know is interned by the label parser, which validates it.
// Invariant: references were checked against the table when the request was decoded.

import { firstOther } from '../base/bytes/gather.ts';
import { NO_SYMBOL, type SymbolTable } from '../base/bytes/symbol-table.ts';
import { SymbolChain } from './symbol-chain.ts';
import type { DecodedRequest } from './wire/decoded-request.ts';

/** Bytes of a key with as many label references as a series may have; grows if need be. */
const KEY_BYTES = 1024;
/** In the table: not looked up yet, or not known. As bits, NO_SYMBOL. */
const UNKNOWN = -1;

export class RequestSymbols {
  readonly #chain: SymbolChain;
  /** Ids by symbol number, as 32 bits; room for more symbols than the request has. */
  #ids = new Int32Array(4096);
  #refs: Uint32Array = new Uint32Array(0);
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
    const count = request.symbolStarts.length;
    if (count > this.#ids.length) this.#ids = new Int32Array(count * 2);
    this.#ids.fill(UNKNOWN, 0, count);
    this.#refs = request.labelRefs.view();
    this.#chain.begin();
  }

  /** Are the ids behind references `start` to `end` the key that stands at `at` of `view`? */
  isKey(request: DecodedRequest, start: number, end: number, view: DataView, at: number): boolean {
    let from = start;
    for (;;) {
      const other = firstOther(this.#refs, from, end, this.#ids, view, at + (from - start) * 4);
      if (other === end) return true;
      const ref = request.labelRefs.at(other);
      if (this.#ids.at(ref) !== UNKNOWN) return false;
      if (this.#resolve(request, ref) === UNKNOWN) return false;
      from = other;
    }
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
      let id = ids.at(ref) ?? UNKNOWN;
      if (id === UNKNOWN) {
        id = this.#resolve(request, ref);
        if (id === UNKNOWN) return false;
      }
      key.setInt32(at, id, true);
    }
    return true;
  }

  /** The id of symbol number `ref`, or UNKNOWN when the engine does not know its bytes. */
  #resolve(request: DecodedRequest, ref: number): number {
    const start = request.symbolStarts.at(ref);
    const id = this.#chain.find(request.bytes, start, request.symbolLengths.at(ref));
    if (id === NO_SYMBOL) return UNKNOWN;
    this.#ids[ref] = id | 0;
    return id | 0;
  }
}
