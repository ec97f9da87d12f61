// Finds symbols that come in the same order again and again: the first guess is "the symbol that
// followed this one last time", and one comparison of bytes proves it, without a hash.
//
// Invariant: a symbol that is guessed is held, so that its id cannot come to mean another string.
// So that symbols nobody else wants do not live for ever, the chain is forgotten now and then.

import { U32Column } from '../base/bytes/columns.ts';
import { EMPTY_SYMBOL, NO_SYMBOL, type SymbolTable } from '../base/bytes/symbol-table.ts';

/** Requests after which the chain is forgotten. */
const REQUESTS_MAX = 4096;

export class SymbolChain {
  readonly #symbols: SymbolTable;
  /** By id: the symbol that followed it; EMPTY_SYMBOL is none. */
  readonly #next = new U32Column(4096);
  #previous = EMPTY_SYMBOL;
  #requests = 0;

  constructor(symbols: SymbolTable) {
    this.#symbols = symbols;
  }

  /** A request begins. */
  begin(): void {
    this.#previous = EMPTY_SYMBOL;
    if (++this.#requests < REQUESTS_MAX) return;
    this.#requests = 0;
    for (let id = 0; id < this.#next.length; id++) {
      if (this.#next.at(id) !== EMPTY_SYMBOL) this.#symbols.release(this.#next.at(id));
    }
    this.#next.clear();
  }

  /** The id of these bytes, or NO_SYMBOL. */
  find(bytes: Uint8Array, start: number, length: number): number {
    if (length === 0) return EMPTY_SYMBOL;
    const previous = this.#previous;
    const guess = previous < this.#next.length ? this.#next.at(previous) : EMPTY_SYMBOL;
    if (guess !== EMPTY_SYMBOL && this.#symbols.equals(guess, bytes, start, length)) {
      this.#previous = guess;
      return guess;
    }
    const id = this.#symbols.find(bytes, start, length);
    if (id !== NO_SYMBOL) {
      this.#follow(previous, id);
      this.#previous = id;
    }
    return id;
  }

  #follow(previous: number, id: number): void {
    while (this.#next.length <= previous) this.#next.push(EMPTY_SYMBOL);
    const before = this.#next.at(previous);
    if (before === id) return;
    this.#symbols.hold(id);
    if (before !== EMPTY_SYMBOL) this.#symbols.release(before);
    this.#next.set(previous, id);
  }
}
