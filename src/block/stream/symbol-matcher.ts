// Conditions on the labels of the series of one index, asked by symbol: of each value that stands
// behind a name the answer is worked out once, however many series carry it.

import type { CompiledMatcher } from '../../query/matcher.ts';
import type { SeriesEntry } from '../index/series-entry.ts';
import { NO_SYMBOL, type Symbols } from '../index/symbols.ts';

interface NamedMatcher {
  readonly matcher: CompiledMatcher;
  /** The symbol of its name; NO_SYMBOL when no series has such a label. */
  readonly name: number;
  /** By symbol of a value. */
  readonly known: Map<number, boolean>;
}

/** See the head of the file. */
export class SymbolMatcher {
  readonly #symbols: Symbols;
  readonly #matchers: readonly NamedMatcher[];

  constructor(symbols: Symbols, matchers: readonly CompiledMatcher[]) {
    this.#symbols = symbols;
    this.#matchers = matchers.map((matcher) => {
      return { matcher, name: symbols.find(matcher.name), known: new Map() };
    });
  }

  /** Do all conditions hold for the series? One that lacks a label has the value '' there. */
  matches({ labels }: SeriesEntry): boolean {
    return this.#matchers.every((one) => {
      for (let i = 0; one.name !== NO_SYMBOL && i < labels.length; i += 2)
        if (labels.at(i) === one.name) return this.#matchesValue(one, labels.at(i + 1));
      return one.matcher.matchesEmpty;
    });
  }

  #matchesValue({ matcher, known }: NamedMatcher, value: number): boolean {
    const before = known.get(value);
    if (before !== undefined) return before;
    const isMatch = matcher.matches(this.#symbols.bytes(value));
    known.set(value, isMatch);
    return isMatch;
  }
}
