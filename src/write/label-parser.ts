// From label bytes (1.0) or symbol references (2.0) to a canonical label set. The slow way to a
// series: taken at first sight, and when the series cache does not know it.
//
// Strings are validated once, when they are interned: what the symbol table or the guess knows is
// valid UTF-8 already. A set with a fault is refused as a whole; strings interned for it are swept.

import { NO_SYMBOL, type SymbolTable } from '../base/bytes/symbol-table.ts';
import { isUtf8 } from '../base/bytes/utf8.ts';
import { CanonicalLabels } from './canonical-labels.ts';
import { NOT_REFUSED, type Refusal, refusal } from './refusals.ts';
import type { DecodedRequest } from './wire/decoded-request.ts';
import { LabelCursor } from './wire/labels-v1.ts';

const LABEL_COUNT = refusal('label_count');
const LABEL_NAME_LENGTH = refusal('label_name_length');
const LABEL_VALUE_LENGTH = refusal('label_value_length');
const LABEL_INVALID_UTF8 = refusal('label_invalid_utf8');

/** Limits on one label set (DESIGN §3, limits by default). */
export interface LabelLimits {
  readonly labelsMax: number;
  readonly nameBytesMax: number;
  readonly valueBytesMax: number;
}

/** What holds unless configured. */
export const LABEL_LIMITS: LabelLimits = {
  labelsMax: 128,
  nameBytesMax: 1024,
  valueBytesMax: 8192,
};

export interface LabelParserOptions {
  readonly limits: LabelLimits;
  /** Series need a metric name; exemplars' labels do not. */
  readonly needsMetricName: boolean;
}

export class LabelParser {
  /** The result of the last `parse`. */
  readonly labels: CanonicalLabels;
  readonly #symbols: SymbolTable;
  readonly #limits: LabelLimits;
  readonly #cursor = new LabelCursor();

  constructor(symbols: SymbolTable, options: LabelParserOptions) {
    this.#symbols = symbols;
    this.#limits = options.limits;
    this.labels = new CanonicalLabels(symbols, {
      labelsMax: options.limits.labelsMax,
      needsMetricName: options.needsMetricName,
    });
  }

  /**
   * Reads the labels from `start` to `end`, which are places in the body (1.0) or in the label
   * references (2.0), into `labels`.
   */
  parse(request: DecodedRequest, start: number, end: number): Refusal {
    this.labels.begin();
    const reason =
      request.version === 1
        ? this.#parseFields(request, start, end)
        : this.#parseRefs(request, start, end);
    return reason === NOT_REFUSED ? this.labels.finish() : reason;
  }

  #parseFields(request: DecodedRequest, start: number, end: number): Refusal {
    const cursor = this.#cursor;
    cursor.reset(request, start, end);
    while (cursor.next()) {
      const { nameStart, nameEnd, valueStart, valueEnd } = cursor;
      const reason = this.#add(
        request,
        nameStart,
        nameEnd - nameStart,
        valueStart,
        valueEnd - valueStart,
      );
      if (reason !== NOT_REFUSED) return reason;
    }
    return NOT_REFUSED;
  }

  #parseRefs(request: DecodedRequest, start: number, end: number): Refusal {
    const { labelRefs, symbolStarts, symbolLengths } = request;
    for (let at = start; at + 1 < end; at += 2) {
      const name = labelRefs.at(at);
      const value = labelRefs.at(at + 1);
      const reason = this.#add(
        request,
        symbolStarts.at(name),
        symbolLengths.at(name),
        symbolStarts.at(value),
        symbolLengths.at(value),
      );
      if (reason !== NOT_REFUSED) return reason;
    }
    return NOT_REFUSED;
  }

  #add(
    request: DecodedRequest,
    nameStart: number,
    nameLength: number,
    valueStart: number,
    valueLength: number,
  ): Refusal {
    const { labels } = this;
    if (labels.labelCount >= this.#limits.labelsMax) return LABEL_COUNT;
    if (nameLength > this.#limits.nameBytesMax) return LABEL_NAME_LENGTH;
    if (valueLength > this.#limits.valueBytesMax) return LABEL_VALUE_LENGTH;
    const name = this.#intern(request, nameStart, nameLength, labels.guessName());
    if (name === NO_SYMBOL) return LABEL_INVALID_UTF8;
    const value = this.#intern(request, valueStart, valueLength, labels.guessValue());
    if (value === NO_SYMBOL) return LABEL_INVALID_UTF8;
    labels.add(name, value);
    return NOT_REFUSED;
  }

  /** The symbol's id, or NO_SYMBOL when the bytes are not valid UTF-8. */
  #intern(request: DecodedRequest, start: number, length: number, guess: number): number {
    const symbols = this.#symbols;
    const { bytes } = request;
    if (guess !== NO_SYMBOL && symbols.equals(guess, bytes, start, length)) return guess;
    const known = symbols.find(bytes, start, length);
    if (known !== NO_SYMBOL) return known;
    const isValid = isUtf8(request.view, start, start + length);
    return isValid ? symbols.intern(bytes, start, length) : NO_SYMBOL;
  }
}
