// Why a histogram is refused. The sample is refused and counted, the rest of the request is stored.

/** Well-formed. */
export const FAULT_NONE = 0;
export const FAULT_MIXED = 1;
export const FAULT_SCHEMA = 2;
export const FAULT_SPANS = 3;
export const FAULT_SPAN_OFFSET = 4;
export const FAULT_NEGATIVE_BUCKET = 5;
export const FAULT_NEGATIVE_COUNT = 6;
export const FAULT_COUNT = 7;
export const FAULT_COUNT_TOO_SMALL = 8;
export const FAULT_INEXACT = 9;
export const FAULT_BOUNDS_UNSORTED = 10;
export const FAULT_BOUNDS_NOT_FINITE = 11;
export const FAULT_BOUNDS_TOO_FEW = 12;
export const FAULT_CUSTOM_EXTRAS = 13;
export const FAULT_BOUNDS_UNEXPECTED = 14;
export const FAULT_BUCKET_INDEX = 15;

/** What each number means, for answers and logs. */
export const HISTOGRAM_FAULT_REASONS: readonly string[] = [
  'well-formed',
  'integer and float counts are mixed',
  'the schema is none of -4 to 52 and -53',
  'the spans stand for another number of buckets than there are',
  'a span after the first (with custom buckets: any span) has a negative offset',
  'a bucket has a negative count',
  'the count or the count of the zero bucket is negative',
  'the count is not the sum of the buckets',
  'the count is less than the sum of the buckets',
  'an integer count is 2^53 or more',
  'the custom bounds are not in increasing order',
  'a custom bound is NaN or +Inf',
  'there are too few custom bounds for the buckets',
  'custom buckets come with a zero bucket or negative buckets',
  'custom bounds come with an exponential schema',
  'a bucket lies outside the 32 bits of a bucket index',
];
