// Matchers made ready for use, with Prometheus's meaning: a pattern is RE2, must match the whole
// value, and its dot matches newlines too; a series without the label has the value ''.

import { RE2JS } from 're2js';
import { printable } from '../base/errors/printable.ts';
import { VarveError } from '../base/errors/varve-error.ts';
import { wordsOfPattern } from './set-pattern.ts';
import type { Matcher } from './source.ts';

/** A pattern may have so many characters: a list of some thousand words. */
export const PATTERN_CHARACTERS_MAX = 64 * 1024;
/** So many matchers in one query. */
export const MATCHERS_MAX = 256;

const decoder = new TextDecoder();

/** A matcher that can be asked. */
export interface CompiledMatcher {
  readonly name: Uint8Array;
  /** `!=` or `!~`. */
  readonly isNegative: boolean;
  /** Does a series without the label match? */
  readonly matchesEmpty: boolean;
  /** The values that `value` names when it names them one by one, without ''; else undefined. */
  readonly words: readonly Uint8Array[] | undefined;
  matches(value: Uint8Array): boolean;
}

/** Makes matchers ready; `bad_parameter` for too many, a pattern too long or one that is none. */
export function compileMatchers(matchers: readonly Matcher[]): readonly CompiledMatcher[] {
  if (matchers.length > MATCHERS_MAX) {
    const what = `${matchers.length} matchers, at most ${MATCHERS_MAX} are allowed`;
    throw new VarveError('bad_parameter', `A query has ${what}.`);
  }
  return matchers.map(compile);
}

function compile({ type, name, value }: Matcher): CompiledMatcher {
  const isNegative = type === '!=' || type === '!~';
  const isPattern = type === '=~' || type === '!~';
  if (isPattern && value.length > PATTERN_CHARACTERS_MAX) {
    const what = `${value.length} characters, at most ${PATTERN_CHARACTERS_MAX} are allowed`;
    throw new VarveError('bad_parameter', `A pattern has ${what}.`);
  }
  const words = isPattern ? wordsOfPattern(value) : [value];
  const isMatch = words === undefined ? matchPattern(value) : matchWords(words);
  return {
    name: Buffer.from(name),
    isNegative,
    matchesEmpty: isMatch('') !== isNegative,
    words: words?.filter((word) => word !== '').map((word) => Buffer.from(word)),
    matches: (bytes) => isMatch(decoder.decode(bytes)) !== isNegative,
  };
}

function matchWords(words: readonly string[]): (value: string) => boolean {
  const set = new Set(words);
  return (value) => set.has(value);
}

function matchPattern(pattern: string): (value: string) => boolean {
  try {
    const compiled = RE2JS.compile(pattern, RE2JS.DOTALL);
    return (value) => compiled.matches(value);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new VarveError('bad_parameter', `Not an RE2 pattern: ${printable(why)}.`, { cause });
  }
}
