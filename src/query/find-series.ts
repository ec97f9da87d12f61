// From matchers to series, by postings: what a query does first, on an index and on a head.
//
// A matcher that a series without the label does not match says which lists a series must be on;
// one that it matches says on which it must not be. Values are tried one by one only for patterns
// that do not name them.

import { U32Column } from '../base/bytes/columns.ts';
import { intersectSorted, sortDistinct, subtractSorted } from '../base/bytes/sorted-u32.ts';
import { type CompiledMatcher, compileMatchers } from './matcher.ts';
import type { Matcher, PostingsSource } from './source.ts';

/** Values tried and lists taken between two yields. */
const STEPS_PER_SLICE = 1000;

/**
 * The numbers of the series that match all of these, rising. A generator that yields now and then,
 * so that who runs it can let others run.
 */
export function* findSeries(
  source: PostingsSource,
  matchers: readonly CompiledMatcher[],
): Generator<void, Uint32Array> {
  let found: Uint32Array | undefined;
  for (const matcher of matchers.filter(({ matchesEmpty }) => !matchesEmpty)) {
    const carriers = yield* carriersOf(source, matcher);
    found = found === undefined ? carriers : intersectSorted(found, carriers);
    if (found.length === 0) return found;
  }
  if (found === undefined) {
    const all = new U32Column(1024);
    for (const _ of source.all(all)) yield;
    found = sortDistinct(all.view());
  }
  for (const matcher of matchers.filter(({ matchesEmpty }) => matchesEmpty)) {
    if (found.length === 0) break;
    found = subtractSorted(found, yield* excludedBy(source, matcher));
  }
  return found;
}

/** The series with a value that matches. */
function carriersOf(
  source: PostingsSource,
  matcher: CompiledMatcher,
): Generator<void, Uint32Array> {
  if (matcher.words !== undefined && !matcher.isNegative) return ofWords(source, matcher);
  return ofValues(source, matcher, true);
}

/** The series with a value that does not match. */
function excludedBy(
  source: PostingsSource,
  matcher: CompiledMatcher,
): Generator<void, Uint32Array> {
  if (matcher.words !== undefined && matcher.isNegative) return ofWords(source, matcher);
  return ofValues(source, matcher, false);
}

function* ofWords(
  source: PostingsSource,
  { name, words = [] }: CompiledMatcher,
): Generator<void, Uint32Array> {
  const series = new U32Column(1024);
  let steps = 0;
  for (const word of words) {
    const list = name.length === 0 ? undefined : source.find(name, word);
    if (list !== undefined) source.append(list, series);
    if (++steps % STEPS_PER_SLICE === 0) yield;
  }
  return sortDistinct(series.view());
}

function* ofValues(
  source: PostingsSource,
  matcher: CompiledMatcher,
  wanted: boolean,
): Generator<void, Uint32Array> {
  const series = new U32Column(1024);
  if (matcher.name.length === 0) return series.view();
  let steps = 0;
  for (const { value, list } of source.values(matcher.name)) {
    if (matcher.matches(value) === wanted) source.append(list, series);
    if (++steps % STEPS_PER_SLICE === 0) yield;
  }
  return sortDistinct(series.view());
}

/** The same, made ready for any number of sources; `bad_parameter` when matchers are wrong. */
export function seriesFinder(
  matchers: readonly Matcher[],
): (source: PostingsSource) => Generator<void, Uint32Array> {
  const compiled = compileMatchers(matchers);
  return (source) => findSeries(source, compiled);
}
