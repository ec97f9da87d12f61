// The numbers and names of Prometheus's write-ahead log; drawn in docs/formats/wal.md.
// Everything here is Prometheus's (tsdb/wlog, tsdb/record), none of it ours to change.

/** A segment ends before it would grow beyond this; a record never crosses into the next. */
export const SEGMENT_BYTES_MAX = 128 * 1024 * 1024;
/** Segments are made of pages; a fragment never crosses a page. */
export const PAGE_BYTES = 32 * 1024;
/** Type and flags (1 byte), length (2), CRC-32C of the payload as stored (4). */
export const HEADER_BYTES = 7;
/** The longest payload of one fragment. */
export const FRAGMENT_BYTES_MAX = PAGE_BYTES - HEADER_BYTES;
/** The longest record that is written, or read after decompression. Ours: Prometheus has none. */
export const RECORD_BYTES_MAX = 64 * 1024 * 1024;

/** The longest label name, label value, unit or help text that is taken from a record. Ours. */
export const TEXT_BYTES_MAX = 2 * 1024 * 1024;
/** Labels of one series that are taken from a record. Ours. */
export const SERIES_LABELS_MAX = 0xffff;

/** Low three bits of a header's first byte. */
export const PAGE_REST_IS_EMPTY = 0;
export const FRAGMENT_FULL = 1;
export const FRAGMENT_FIRST = 2;
export const FRAGMENT_MIDDLE = 3;
export const FRAGMENT_LAST = 4;
export const FRAGMENT_TYPE_MASK = 0b0000_0111;
/** The whole record (not the fragment) is one snappy block. */
export const SNAPPY_BIT = 0b0000_1000;
/** The whole record is one zstd frame. */
export const ZSTD_BIT = 0b0001_0000;

/** First byte of a record. */
export const RECORD_SERIES = 1;
export const RECORD_SAMPLES = 2;
export const RECORD_TOMBSTONES = 3;
export const RECORD_EXEMPLARS = 4;
export const RECORD_MMAP_MARKERS = 5;
export const RECORD_METADATA = 6;
export const RECORD_HISTOGRAMS = 7;
export const RECORD_FLOAT_HISTOGRAMS = 8;
export const RECORD_CUSTOM_HISTOGRAMS = 9;
export const RECORD_CUSTOM_FLOAT_HISTOGRAMS = 10;
/** With start timestamps, of newer Prometheis behind a feature flag: read, never written. */
export const RECORD_SAMPLES_ST = 11;
/** See RECORD_SAMPLES_ST; custom buckets or not. */
export const RECORD_HISTOGRAMS_ST = 12;
/** See RECORD_SAMPLES_ST; custom buckets or not. */
export const RECORD_FLOAT_HISTOGRAMS_ST = 13;
/** The first record of a newer Prometheus's checkpoint. */
export const RECORD_MIN_VALID_TIME = 14;

const RECORD_NAMES: readonly (string | undefined)[] = [
  undefined,
  'series',
  'samples',
  'tombstones',
  'exemplars',
  'mmap markers',
  'metadata',
  'histogram samples',
  'float histogram samples',
  'custom-bucket histogram samples',
  'custom-bucket float histogram samples',
  'samples with start times',
  'histogram samples with start times',
  'float histogram samples with start times',
  'minimum valid time',
];

/** What to call a record of this type in logs and reports, known to this version or not. */
export function recordTypeName(type: number): string {
  return RECORD_NAMES[type] ?? `unknown type ${type}`;
}

/** A checkpoint under construction; never read, replaced by the next one. */
export const CHECKPOINT_TEMPORARY_SUFFIX = '.tmp';
