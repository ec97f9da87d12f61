// Options of compaction itself, wherever it runs, named as Thanos's compactor names them (thanos
// cmd/thanos/compact.go). What is Varve's own is the limit of the disk.
//
// Invariant: a flag that Thanos has means here what it means there, with its default.

import { isLabelName } from './label-text.ts';
import { moment } from './moment.ts';
import { option, type Role } from './option.ts';
import {
  bool,
  byteSize,
  duration,
  integer,
  type OptionType,
  oneOf,
  path,
  texts,
  yamlContent,
} from './option-type.ts';

const SECOND_MS = 1000;
const DAY_MS = 86_400_000;
const YEAR_MS = 365 * DAY_MS;
const MIB = 1024 ** 2;
const GIB = 1024 ** 3;
const PIB = 1024 ** 5;
const ROLES: readonly Role[] = ['compact'];
const WORK = 'Compaction';
const SELECTION = 'Compaction: which blocks';
const REPLICAS = 'Compaction: replicas';
const RETENTION = 'Retention in the bucket';

/** The longest blocks that a merge makes, by Thanos's numbers: 1 is 2h, 2 is 8h, 3 is 2d. */
export const COMPACTION_LEVEL_MAX = 4;

/** As Thanos takes them: several flags, several names in one flag, or both. */
function replicaLabels(): OptionType<readonly string[]> {
  const names = texts('label', {
    allowed: 'a label name: letters, digits and underscores, not beginning with a digit',
    test: isLabelName,
  });
  const split = (text: string): readonly string[] =>
    text
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '');
  return { ...names, parse: (given, where) => names.parse(given.flatMap(split), where) };
}

/** An empty text is Thanos's name of the default. */
function deduplicationFunc(): OptionType<'one-to-one' | 'penalty'> {
  const words = oneOf(['one-to-one', 'penalty']);
  const parse = ([text = '']: readonly string[], where: string) =>
    words.parse([text === '' ? 'one-to-one' : text], where);
  return { ...words, parse };
}

const PERIOD = duration({ min: 0, max: 100 * YEAR_MS });

/** What compaction goes by; by the property names of `CompactionConfig`. */
export const COMPACTION_OPTIONS = {
  waitIntervalMs: option({
    flag: 'wait-interval',
    roles: ROLES,
    group: WORK,
    type: duration({ min: SECOND_MS, max: YEAR_MS }),
    default: '5m',
    help: 'How often the bucket is looked at again when there was nothing left to do.',
  }),
  compactConcurrency: option({
    flag: 'compact.concurrency',
    roles: ROLES,
    group: WORK,
    type: integer({ min: 1, max: 64 }),
    default: '1',
    unit: 'threads',
    help: 'Merges that are made at the same time, each of another group of blocks.',
  }),
  downsampleConcurrency: option({
    flag: 'downsample.concurrency',
    roles: ROLES,
    group: WORK,
    type: integer({ min: 1, max: 64 }),
    default: '1',
    unit: 'threads',
    help: 'Blocks that are downsampled at the same time, each of another group.',
  }),
  maxDiskBytes: option({
    flag: 'compact.max-disk',
    roles: ROLES,
    group: WORK,
    type: byteSize({ min: 0, max: 7 * PIB }),
    default: '0B',
    help:
      'Most bytes of the local disk that all jobs take together; a job that needs more waits and ' +
      'is named. 0 is what is free on the disk.',
  }),
  indexBytesMax: option({
    flag: 'compact.block-max-index-size',
    roles: ROLES,
    group: WORK,
    type: byteSize({ min: MIB, max: 64 * GIB }),
    default: '64GiB',
    help:
      'Largest index of a block. A merge that could have more than 85 % of it is not made, and ' +
      'the source with the largest index gets a no-compact mark.',
  }),
  compactionLevelMax: option({
    flag: 'debug.max-compaction-level',
    roles: ROLES,
    group: WORK,
    type: integer({ min: 1, max: COMPACTION_LEVEL_MAX }),
    default: '4',
    help: 'Longest blocks that merges make: 2h (1, only overlaps), 8h (2), 2d (3) or 14d (4).',
  }),
  progressIntervalMs: option({
    flag: 'compact.progress-interval',
    roles: ROLES,
    group: WORK,
    type: duration({ min: 0, max: YEAR_MS }),
    default: '5m',
    help: 'How often the log says how far the jobs are. 0s: only when they begin and end.',
  }),
  isDownsamplingDisabled: option({
    flag: 'downsampling.disable',
    roles: ROLES,
    group: WORK,
    type: bool(),
    default: 'false',
    help: 'Make no 5m and 1h blocks. Retention then goes by age alone.',
  }),
  consistencyDelayMs: option({
    flag: 'consistency-delay',
    roles: ROLES,
    group: SELECTION,
    type: duration({ min: 0, max: YEAR_MS }),
    default: '30m',
    help:
      'A block is left alone until it is as old as this, but for those that a compactor made. ' +
      'What an upload left that was cut off is deleted after this time, and after 48h at least.',
  }),
  minTime: option({
    flag: 'min-time',
    roles: ROLES,
    group: SELECTION,
    type: moment(),
    default: '0000-01-01T00:00:00Z',
    help:
      'Only blocks that reach to this time or beyond are merged, downsampled and deleted: RFC ' +
      '3339, or a duration from now such as -30d.',
  }),
  maxTime: option({
    flag: 'max-time',
    roles: ROLES,
    group: SELECTION,
    type: moment(),
    default: '9999-12-31T23:59:59Z',
    help: 'Only blocks that begin at this time or before, written in the same way.',
  }),
  selectorConfigFile: option({
    flag: 'selector.relabel-config-file',
    roles: ROLES,
    group: SELECTION,
    type: path('file'),
    help:
      "YAML file with relabelling rules over the labels of blocks, as Prometheus's " +
      'relabel_config; only blocks that they keep are merged, downsampled and deleted.',
  }),
  selectorConfig: option({
    flag: 'selector.relabel-config',
    roles: ROLES,
    group: SELECTION,
    type: yamlContent(),
    help: 'The same rules as a value; not together with --selector.relabel-config-file.',
  }),
  replicaLabels: option({
    flag: 'deduplication.replica-label',
    roles: ROLES,
    group: REPLICAS,
    type: replicaLabels(),
    default: [],
    help:
      'Label in which only replicas differ (repeatable, or several with commas): their blocks ' +
      'are merged into one without this label. That cannot be undone.',
  }),
  deduplicationFunc: option({
    flag: 'deduplication.func',
    roles: ROLES,
    group: REPLICAS,
    type: deduplicationFunc(),
    default: 'one-to-one',
    help:
      'How the samples of replicas become one series: one-to-one (also an empty value) keeps ' +
      'each time once; penalty follows one replica and changes to another where it has a gap.',
  }),
  retentionRawMs: option({
    flag: 'retention.resolution-raw',
    roles: ROLES,
    group: RETENTION,
    type: PERIOD,
    default: '0d',
    help:
      'How long raw blocks are kept in the bucket; longer while the 5m or 1h layer wants them ' +
      'and lacks them. 0d keeps them for ever.',
  }),
  retention5mMs: option({
    flag: 'retention.resolution-5m',
    roles: ROLES,
    group: RETENTION,
    type: PERIOD,
    default: '0d',
    help:
      'How long 5m blocks are kept; longer while the 1h layer wants them and lacks them. 0d ' +
      'keeps them for ever.',
  }),
  retention1hMs: option({
    flag: 'retention.resolution-1h',
    roles: ROLES,
    group: RETENTION,
    type: PERIOD,
    default: '0d',
    help: 'How long 1h blocks are kept. 0d keeps them for ever.',
  }),
  deleteDelayMs: option({
    flag: 'delete-delay',
    roles: ROLES,
    group: RETENTION,
    type: PERIOD,
    default: '48h',
    help:
      'How long a block stays after it was marked for deletion: so long readers can go on with ' +
      'it, and the mark can be taken away.',
  }),
} as const;
