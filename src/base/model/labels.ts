// Label sets as text: for configuration, meta.json, tools and answers. Hot paths do not use them;
// there, labels are symbol numbers or slices of bytes.
//
// Invariant of `Labels`: sorted by the UTF-8 bytes of the name, each name once.

import { goQuote } from './go-text.ts';

/** One name and its value. */
export interface Label {
  readonly name: string;
  readonly value: string;
}

/** A label set, sorted by name. */
export type Labels = readonly Label[];

/** The label that holds a metric's name. */
export const METRIC_NAME = '__name__';

const LEGACY_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/**
 * Compares as the strings' UTF-8 bytes would compare, which is what every format here sorts by.
 * JavaScript's own order is that of UTF-16 and differs above U+D7FF.
 */
export function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return codePointRank(x) - codePointRank(y);
  }
  return a.length - b.length;
}

/** Surrogates stand for what is above U+FFFF: moves them behind the other code units. */
function codePointRank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit >= 0xe000 ? unit - 0x800 : unit + 0x2000;
}

/** A label set of these pairs; a name that comes twice keeps its last value. */
export function labelsOf(pairs: Iterable<readonly [name: string, value: string]>): Labels {
  const byName = new Map(pairs);
  return [...byName]
    .map(([name, value]) => ({ name, value }))
    .sort((a, b) => compareUtf8(a.name, b.name));
}

/** Prometheus's order of series: pair by pair, name before value; a prefix comes first. */
export function compareLabels(a: Labels, b: Labels): number {
  const others = b[Symbol.iterator]();
  for (const label of a) {
    const other = others.next();
    if (other.done === true) return 1;
    const order =
      compareUtf8(label.name, other.value.name) || compareUtf8(label.value, other.value.value);
    if (order !== 0) return order;
  }
  return others.next().done === true ? 0 : -1;
}

/** The value of `name`; an empty string when it is not there, as Prometheus has it. */
export function labelValue(labels: Labels, name: string): string {
  return labels.find((label) => label.name === name)?.value ?? '';
}

/** `{__name__="up", job="x"}`, as Prometheus prints a label set; odd names are quoted. */
export function labelsText(labels: Labels): string {
  const parts = labels.map(({ name, value }) => {
    const shown = LEGACY_NAME.test(name) ? name : goQuote(name);
    return `${shown}=${goQuote(value)}`;
  });
  return `{${parts.join(', ')}}`;
}
