// What the head says to a sample (DESIGN §3 Samples). Small whole numbers, because one is returned
// for every sample.

/** New: it is pending now and must be logged. */
export const ADMITTED = 0;
/** The very same sample (series, time, bits) is stored or pending: a success without effect. */
export const ALREADY_STORED = 1;
/** The series has another value at this time. */
export const DUPLICATE = 2;
/** Older than the stream's newest sample by more than the out-of-order window. */
export const TOO_OLD = 3;

export type Verdict = typeof ADMITTED | typeof ALREADY_STORED | typeof DUPLICATE | typeof TOO_OLD;

/** What `findSeries` and `createSeries` say when there is none. */
export const NO_SERIES = 0xffffffff;
