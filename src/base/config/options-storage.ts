// Options of the local database and of the bucket.

import { option } from './option.ts';
import { bool, byteSize, duration, integer, labels, path, yamlContent } from './option-type.ts';

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;
const DAY_MS = 86_400_000;
const YEAR_MS = 365 * DAY_MS;

export const STORAGE_OPTIONS = {
  dataDir: option({
    flag: 'data-dir',
    roles: ['serve'],
    group: 'Local storage',
    type: path('dir'),
    default: { serve: './data' },
    help:
      'Directory for everything that Varve keeps on this machine, with tsdb/, bucket/, ' +
      'compact/ and store/ in it.',
  }),
  tsdbPath: option({
    flag: 'tsdb.path',
    group: 'Local storage',
    type: path('dir'),
    default: { serve: '<data-dir>/tsdb', receive: './data' },
    help:
      'Directory of the write-ahead log and the local blocks, one Prometheus data directory ' +
      'for each tenant.',
  }),
  tsdbRetentionMs: option({
    flag: 'tsdb.retention',
    group: 'Local storage',
    type: duration({ min: 0, max: 100 * YEAR_MS }),
    default: '15d',
    reload: true,
    help:
      'How long blocks stay on the local disk after their newest sample. Never dropped before ' +
      'they are in the bucket; 0d keeps them for ever.',
  }),
  tsdbOutOfOrderTimeWindowMs: option({
    flag: 'tsdb.out-of-order.time-window',
    group: 'Local storage',
    type: duration({ min: 0, max: 30 * DAY_MS }),
    default: '24h',
    help:
      'How far a sample may be behind the newest of its stream and still be taken, so that a ' +
      'sender that was cut off can deliver its backlog.',
  }),
  tsdbTooFarInFutureTimeWindowMs: option({
    flag: 'tsdb.too-far-in-future.time-window',
    group: 'Local storage',
    type: duration({ min: 0, max: YEAR_MS }),
    default: '10m',
    help:
      'How far a sample may be ahead of the clock. 0s takes any, and then one wild timestamp ' +
      'makes everything else too old.',
  }),
  tsdbWalCompression: option({
    flag: 'tsdb.wal-compression',
    group: 'Local storage',
    type: bool(),
    default: 'false',
    help:
      'Compress the records of the write-ahead log with snappy. Off, unlike in Thanos: it ' +
      'saves a sixth of the bytes and costs a tenth of the speed (bench/wal/append.ts).',
  }),
  tsdbWalSegmentBytes: option({
    flag: 'tsdb.wal-segment-size',
    group: 'Local storage',
    type: byteSize({ min: MIB, max: 256 * MIB }),
    default: '128MiB',
    help:
      'A segment of the write-ahead log ends before it would grow beyond this; only whole ' +
      'segments are removed after a cut. Prometheus calls it --storage.tsdb.wal-segment-size.',
  }),
  tsdbMaxExemplars: option({
    flag: 'tsdb.max-exemplars',
    group: 'Local storage',
    type: integer({ min: 0, max: 100_000_000 }),
    default: '100000',
    unit: 'exemplars a stream',
    help:
      'Newest exemplars kept for each stream; an older one gives way to a newer one. 0 keeps ' +
      'none.',
  }),
  objstoreConfigFile: option({
    flag: 'objstore.config-file',
    group: 'Bucket',
    type: path('file'),
    help: "YAML file that describes the bucket, in Thanos's format (type, config, prefix).",
  }),
  objstoreConfig: option({
    flag: 'objstore.config',
    group: 'Bucket',
    type: yamlContent(),
    help:
      'The same description as a value; not together with --objstore.config-file. With ' +
      'neither, serve keeps a FILESYSTEM bucket in <data-dir>/bucket and receive uploads ' +
      'nothing.',
  }),
  objstoreMaxConcurrency: option({
    flag: 'objstore.max-concurrency',
    group: 'Bucket',
    type: integer({ min: 0, max: 10_000 }),
    default: '20',
    unit: 'calls',
    help:
      'Uploads to the bucket under way at once, and, counted apart, other calls that wait for ' +
      'its answer. 0 is no limit.',
  }),
  objstoreUploadBandwidth: option({
    flag: 'objstore.upload-bandwidth',
    group: 'Bucket',
    type: byteSize({ min: 0, max: 1024 * GIB }),
    default: '0B',
    help: 'Bytes a second that uploads to the bucket take together. 0 is no limit.',
  }),
  objstoreDownloadBandwidth: option({
    flag: 'objstore.download-bandwidth',
    group: 'Bucket',
    type: byteSize({ min: 0, max: 1024 * GIB }),
    default: '0B',
    help: 'Bytes a second that reads from the bucket take together. 0 is no limit.',
  }),
  shipperUploadConcurrency: option({
    flag: 'shipper.upload-concurrency',
    group: 'Bucket',
    type: integer({ min: 0, max: 64 }),
    default: '2',
    unit: 'files',
    help:
      'Files that are uploaded at one time, each of another block, so that a large block does ' +
      'not hold up all others. 0 is the same as 1.',
  }),
  shipperQueueMaxBytes: option({
    flag: 'shipper.queue-max-size',
    group: 'Bucket',
    type: byteSize({ min: 0, max: 1024 * 1024 * 1024 * MIB }),
    reload: true,
    help:
      'Most bytes of blocks that wait on the disk for the bucket, what the heads hold included. ' +
      'Over it writes are answered 503 and come again, reads go on. 0 is no limit; when it is ' +
      'not given, nine tenths of what the disk has for them, free space included.',
  }),
  externalLabels: option({
    flag: 'label',
    group: 'Bucket',
    type: labels(),
    default: [],
    help:
      'External label of every block, as key="value" (repeatable). Gateways that share a ' +
      'bucket need labels that tell them apart.',
  }),
} as const;
