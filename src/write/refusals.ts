// Why a series, a sample, a histogram or an exemplar is refused: the catalogue, and the counters of
// one request. All of them answer 400: the same bytes would be refused again. What could succeed
// later is never here but in an error of kind `not_now`.
//
// Invariant: counting makes no object; a reason's example becomes text once per request.

import { U32Column } from '../base/bytes/columns.ts';

/** What one count of a reason stands for. A refused series takes all that it holds with it. */
export type RefusalUnit = 'series' | 'sample' | 'histogram' | 'exemplar';

interface RefusalEntry {
  readonly unit: RefusalUnit;
  /** Half a sentence: the thing, and what is wrong with it. */
  readonly meaning: string;
}

function entry(unit: RefusalUnit, meaning: string): RefusalEntry {
  return { unit, meaning };
}

/** Every reason. The order gives the numbers that hot code uses; append only. */
export const REFUSAL_CATALOGUE = {
  too_old: entry('sample', 'older than the out-of-order window of its stream allows'),
  too_far_ahead: entry('sample', 'too far ahead of the clock'),
  duplicate: entry('sample', 'another value is stored for the same series and time'),
  time_out_of_range: entry('sample', 'a time that no block can hold'),
  label_missing_name: entry('series', 'no metric name (label __name__)'),
  label_name_empty: entry('series', 'a label with an empty name'),
  label_duplicate: entry('series', 'the same label name twice'),
  label_invalid_utf8: entry('series', 'a label that is not valid UTF-8'),
  label_count: entry('series', 'more labels than the limit'),
  label_name_length: entry('series', 'a label name longer than the limit'),
  label_value_length: entry('series', 'a label value longer than the limit'),
  series_limit: entry('series', 'a new series over the limit of series'),
  stream_limit: entry('series', 'a new combination of block labels over the limit of streams'),
  histogram_mixed: entry('histogram', 'integer and float counts are mixed'),
  histogram_schema: entry('histogram', 'an unknown bucket schema'),
  histogram_spans: entry('histogram', 'the spans do not fit the buckets'),
  histogram_negative: entry('histogram', 'a bucket or a count is negative'),
  histogram_count: entry('histogram', 'the count disagrees with the buckets'),
  histogram_inexact: entry('histogram', 'a count over 2^53'),
  histogram_bounds: entry('histogram', 'the custom bounds are wrong or do not fit the buckets'),
  exemplar_labels: entry('exemplar', 'labels are malformed or longer than 128 characters'),
  exemplar_time: entry('exemplar', 'a time too far ahead or out of range'),
} as const satisfies Record<string, RefusalEntry>;

export type RefusalName = keyof typeof REFUSAL_CATALOGUE;

const NAMES = Object.keys(REFUSAL_CATALOGUE) as readonly RefusalName[];

/** A reason as hot code has it: a small integer above 0. */
export type Refusal = number;

/** No refusal. */
export const NOT_REFUSED: Refusal = 0;

/** The number of a reason. For constants at module level, not for hot code. */
export function refusal(name: RefusalName): Refusal {
  return NAMES.indexOf(name) + 1;
}

function zeros(): U32Column {
  const column = new U32Column(NAMES.length + 1);
  for (let i = 0; i <= NAMES.length; i++) column.push(0);
  return column;
}

/** How often each reason came up in one request; reused from request to request. */
export class RefusalCounters {
  readonly #counts = zeros();
  readonly #samples = zeros();
  readonly #examples: string[] = new Array<string>(NAMES.length + 1).fill('');
  #any = false;

  clear(): void {
    if (!this.#any) return;
    for (let i = 0; i <= NAMES.length; i++) {
      this.#counts.set(i, 0);
      this.#samples.set(i, 0);
    }
    this.#examples.fill('');
    this.#any = false;
  }

  /**
   * Counts one more. True when it was the first of its reason: then the caller gives an example.
   * @param samples samples and histograms lost by it
   */
  add(reason: Refusal, samples: number): boolean {
    this.#any = true;
    const count = this.#counts.at(reason) + 1;
    this.#counts.set(reason, count);
    this.#samples.set(reason, this.#samples.at(reason) + samples);
    return count === 1;
  }

  /** Printable labels of the first series refused for `reason`. */
  example(reason: Refusal, labels: string): void {
    this.#examples[reason] = labels;
  }

  /** A plain copy, in the order of the catalogue. */
  list(): { reason: RefusalName; count: number; samples: number; example: string }[] {
    if (!this.#any) return [];
    return NAMES.map((reason, index) => ({
      reason,
      count: this.#counts.at(index + 1),
      samples: this.#samples.at(index + 1),
      example: this.#examples[index + 1] ?? '',
    })).filter(({ count }) => count > 0);
  }
}
