// Files and functions that a rule of test/tidy lets pass, each with its reason. A line here that is
// no longer needed fails the tests.

/** Longer than 400 lines. */
export const LONG_FILES: Readonly<Record<string, string>> = {};

/** Functions longer than 70 lines, as `path#name`. */
export const LONG_FUNCTIONS: Readonly<Record<string, string>> = {};

/**
 * Sources without a test at the mirrored path that no test in the mirrored folder imports either,
 * and the test that runs them all the same.
 */
export const TESTED_BY: Readonly<Record<string, string>> = {
  'src/base/errors/catalogue.ts': 'test/unit/base/http/error-answer.test.ts',
  'src/base/http/request-metrics.ts': 'test/unit/base/http/server.test.ts',
  'src/base/observe/metric-entry.ts': 'test/unit/base/observe/metric-catalogue.test.ts',
  'src/base/observe/logger.ts': 'test/unit/base/observe/node-logger.test.ts',
  'src/base/runtime/node-durable-file.ts': 'test/unit/base/runtime/node-disk.test.ts',
  'src/base/runtime/node-sync-file.ts': 'test/unit/base/runtime/node-disk.test.ts',
  'src/base/runtime/open-flags.ts': 'test/unit/base/runtime/node-disk.test.ts',
  'src/base/runtime/node-runtime.ts': 'test/unit/base/runtime/node-data-dir-lock.test.ts',
  'src/base/runtime/thread-host.ts': 'test/unit/base/runtime/node-threads.test.ts',
  'src/base/runtime/thread-messages.ts': 'test/unit/base/runtime/node-threads.test.ts',
  'src/wal/checkpoint-filter.ts': 'test/unit/wal/checkpoint.test.ts',
  'src/wal/checkpoint-writer.ts': 'test/unit/wal/checkpoint.test.ts',
  'src/wal/histograms-record.ts': 'test/golden/wal-format.test.ts',
  'src/wal/pending-records.ts': 'test/unit/wal/wal-log.test.ts',
  'src/wal/quarantine.ts': 'test/damage/wal.test.ts',
  'src/wal/record-compression.ts': 'test/unit/wal/wal-log.test.ts',
  'src/wal/record-decoder.ts': 'test/damage/wal.test.ts',
  'src/wal/record-numbers.ts': 'test/property/wal-records.test.ts',
  'src/wal/record-reader.ts': 'test/damage/wal.test.ts',
  'src/wal/repair.ts': 'test/golden/wal-promtool.test.ts',
  'src/wal/scan.ts': 'test/damage/wal.test.ts',
  'src/wal/segment-files.ts': 'test/unit/wal/wal-log.test.ts',
  'src/wal/segment-reader.ts': 'test/damage/wal.test.ts',
  'src/wal/segment-writer.ts': 'test/golden/wal-format.test.ts',
  'src/write/wire/decoded-request.ts': 'test/damage/wire/protobuf.test.ts',
  'src/write/wire/exemplar-v1.ts': 'test/damage/wire/protobuf.test.ts',
  'src/write/wire/exemplar-v2.ts': 'test/damage/wire/protobuf.test.ts',
  'src/write/wire/histogram-lists.ts': 'test/damage/wire/protobuf.test.ts',
  'src/write/wire/histogram-reader.ts': 'test/damage/wire/protobuf.test.ts',
  'src/write/wire/label-refs.ts': 'test/damage/wire/protobuf.test.ts',
  'src/write/wire/labels-v1.ts': 'test/damage/wire/protobuf.test.ts',
  'src/write/wire/metadata-v1.ts': 'test/damage/wire/protobuf.test.ts',
  'src/write/wire/metadata-v2.ts': 'test/damage/wire/protobuf.test.ts',
  'src/write/wire/request-v1.ts': 'test/damage/wire/protobuf.test.ts',
  'src/write/wire/request-v2.ts': 'test/damage/wire/protobuf.test.ts',
  'src/write/wire/sample.ts': 'test/damage/wire/protobuf.test.ts',
  'src/write/wire/series-v1.ts': 'test/damage/wire/protobuf.test.ts',
  'src/write/wire/series-v2.ts': 'test/damage/wire/protobuf.test.ts',
  'src/write/wire/wire-state.ts': 'test/damage/wire/protobuf.test.ts',
};
