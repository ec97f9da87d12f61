// What lets the 1.0 reader pass over labels without walking them: somebody who has seen the same
// bytes before, walked, checked and all. The series cache is that somebody.

/** In the column of tokens: the labels of this series were not known. */
export const NOT_KNOWN = 0xffffffff;

/** Asked once per series, in their order. */
export interface KnownLabels {
  /** What was found last, for whoever admits the series; never NOT_KNOWN. */
  readonly token: number;
  /**
   * Length of the run of label fields that is expected next, if these very bytes stand at `start`
   * and end at or before `end`; else 0, and then `find` is called. May read beyond `end`.
   */
  expect(view: DataView, start: number, end: number): number;
  /** Is the run of label fields from `start` to `end` known? */
  find(view: DataView, start: number, end: number): boolean;
}

/** Knows nothing. */
export const NOTHING_KNOWN: KnownLabels = { token: 0, expect: () => 0, find: () => false };
