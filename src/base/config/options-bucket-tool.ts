// Options of `varve bucket …`, named as `thanos tools bucket` names them. A table for each command;
// what several have is declared once.

import { isUlid } from '../model/ulid.ts';
import { type BucketCommand, bucketRoles } from './bucket-commands.ts';
import { matchers } from './matcher-text.ts';
import { moment } from './moment.ts';
import { option } from './option.ts';
import { bool, duration, integer, labels, oneOf, path, texts, yamlContent } from './option-type.ts';
import { MARK, UNMARK } from './options-bucket-marks.ts';
import { BEHAVIOUR, OUTPUT, SELECTION, STORE, STORE_GROUP } from './options-bucket-store.ts';

const DAY_MS = 86_400_000;
const YEAR_MS = 365 * DAY_MS;

/** The columns of `inspect`, by the names that `--sort-by` takes. */
export const INSPECT_COLUMNS = [
  'ULID',
  'FROM',
  'UNTIL',
  'RANGE',
  'UNTIL-DOWN',
  '#SERIES',
  '#SAMPLES',
  '#CHUNKS',
  'COMP-LEVEL',
  'COMP-FAILED',
  'LABELS',
  'RESOLUTION',
  'SOURCE',
] as const;
export type InspectColumn = (typeof INSPECT_COLUMNS)[number];

/** The resolutions that blocks can have, as flags write them, in milliseconds. */
export const RESOLUTIONS_MS: ReadonlyMap<string, number> = new Map([
  ['0s', 0],
  ['5m', 300_000],
  ['1h', 3_600_000],
]);

const minTime = option({
  flag: 'min-time',
  roles: bucketRoles('ls', 'replicate'),
  group: SELECTION,
  type: moment(),
  help:
    'Only blocks that reach to this time or beyond: RFC 3339, or a duration from now such as ' +
    '-30d.',
});
const maxTime = option({
  flag: 'max-time',
  roles: bucketRoles('ls', 'replicate'),
  group: SELECTION,
  type: moment(),
  help: 'Only blocks that begin at this time or before, written in the same way.',
});
const selector = option({
  flag: 'selector',
  roles: bucketRoles('ls', 'inspect', 'verify'),
  group: SELECTION,
  type: labels(),
  default: [],
  help: 'Only blocks with this label, as key="value" (repeatable, all must match). Also -l.',
});
const ids = option({
  flag: 'id',
  roles: bucketRoles('verify', 'replicate'),
  group: SELECTION,
  type: texts('ulid', { allowed: "a block's ULID", test: isUlid }),
  default: [],
  help: 'Only these blocks (repeatable); replicate then heeds no other selection and runs once.',
});
const timeoutMs = option({
  flag: 'timeout',
  roles: bucketRoles('ls', 'inspect'),
  group: BEHAVIOUR,
  type: duration({ min: 1, max: YEAR_MS }),
  default: '5m',
  help: 'Time after which the command gives up.',
});

const LS = {
  ...STORE,
  minTime,
  maxTime,
  selector,
  excludeDelete: option({
    flag: 'exclude-delete',
    roles: bucketRoles('ls'),
    group: SELECTION,
    type: bool(),
    default: 'false',
    help: 'Leave out blocks that are marked for deletion.',
  }),
  timeoutMs,
  output: option({
    flag: 'output',
    roles: bucketRoles('ls'),
    group: OUTPUT,
    type: oneOf(['ulid', 'wide', 'table', 'json']),
    default: 'ulid',
    help:
      "ulid and wide are Thanos's lines; table has sizes, labels and marks; json is one object a " +
      'line, meta.json with a key "bucket" added. Also -o.',
  }),
} as const;

const INSPECT = {
  ...STORE,
  selector,
  timeoutMs,
  output: option({
    flag: 'output',
    roles: bucketRoles('inspect'),
    group: OUTPUT,
    type: oneOf(['table', 'csv', 'tsv', 'json']),
    default: 'table',
    help: 'How the rows are written; json is one object a line.',
  }),
  sortBy: option({
    flag: 'sort-by',
    roles: bucketRoles('inspect'),
    group: OUTPUT,
    type: texts('column', {
      allowed: `one of ${INSPECT_COLUMNS.join(', ')}`,
      test: (value) => INSPECT_COLUMNS.some((column) => column === value),
    }),
    default: ['FROM', 'UNTIL'],
    help: 'Column to sort by (repeatable: rows that are equal in the first go by the next).',
  }),
} as const;

/** Of `--tmp.dir`. */
export const DEFAULT_TMP_DIR = '/tmp';

const VERIFY = {
  ...STORE,
  ids,
  selector,
  repair: option({
    flag: 'repair',
    roles: bucketRoles('verify'),
    group: BEHAVIOUR,
    type: bool(),
    default: 'false',
    help:
      'Make a new block of what can be read of each damaged one, and mark the damaged one for ' +
      'deletion once the new one was read back. Also -r.',
  }),
  dryRun: option({
    flag: 'dry-run',
    roles: bucketRoles('verify'),
    group: BEHAVIOUR,
    type: bool(),
    default: 'false',
    help: 'With --repair: say what would be saved and what lost, and write nothing.',
  }),
  replicaLabels: option({
    flag: 'deduplication.replica-label',
    roles: bucketRoles('verify'),
    group: BEHAVIOUR,
    type: texts('label'),
    default: [],
    help:
      'With --repair: the replica labels of the compactors on this bucket (repeatable), so that ' +
      'none of them works on the group meanwhile.',
  }),
  tmpDir: option({
    flag: 'tmp.dir',
    roles: bucketRoles('verify'),
    group: BEHAVIOUR,
    type: path('dir'),
    default: DEFAULT_TMP_DIR,
    help:
      'Where the index and one chunk file of a block lie while it is verified, in a directory ' +
      'that is removed at the end. What a killed one left there is removed at the next start.',
  }),
  output: option({
    flag: 'output',
    roles: bucketRoles('verify'),
    group: OUTPUT,
    type: oneOf(['text', 'json']),
    default: 'text',
    help: 'A line or a JSON object for each finding.',
  }),
} as const;

const UPLOAD_BLOCKS = {
  ...STORE,
  path: option({
    flag: 'path',
    roles: bucketRoles('upload-blocks'),
    group: SELECTION,
    type: path('dir'),
    default: './data',
    help: 'Directory that holds the blocks. Nothing in it is changed.',
  }),
  uploadCompacted: option({
    flag: 'shipper.upload-compacted',
    roles: bucketRoles('upload-blocks'),
    group: SELECTION,
    type: bool(),
    default: 'false',
    help: 'Upload blocks that a compaction made (level 2 and above) too; else they are left out.',
  }),
  labels: option({
    flag: 'label',
    roles: bucketRoles('upload-blocks'),
    group: BEHAVIOUR,
    type: labels(),
    default: [],
    help:
      'External label, as key="value" (repeatable), of blocks that have no thanos section in ' +
      'their meta.json. A block that has one keeps the labels in it.',
  }),
} as const;

const CLEANUP = {
  ...STORE,
  deleteDelayMs: option({
    flag: 'delete-delay',
    roles: bucketRoles('cleanup'),
    group: BEHAVIOUR,
    type: duration({ min: 0, max: 100 * YEAR_MS }),
    default: '48h',
    help: 'How long a block stays after it was marked for deletion.',
  }),
  consistencyDelayMs: option({
    flag: 'consistency-delay',
    roles: bucketRoles('cleanup'),
    group: BEHAVIOUR,
    type: duration({ min: 0, max: 100 * YEAR_MS }),
    default: '30m',
    help:
      'What an upload left that was cut off goes when both its ULID and its newest file are ' +
      'older than this, and older than 48h.',
  }),
  dryRun: option({
    flag: 'dry-run',
    roles: bucketRoles('cleanup'),
    group: BEHAVIOUR,
    type: bool(),
    default: 'false',
    help: 'Say what would be deleted, and delete nothing.',
  }),
} as const;

const REPLICATE = {
  ...STORE,
  objstoreToConfigFile: option({
    flag: 'objstore-to.config-file',
    roles: bucketRoles('replicate'),
    group: STORE_GROUP,
    type: path('file'),
    help: 'YAML file that describes the bucket to copy to, in the same format.',
  }),
  objstoreToConfig: option({
    flag: 'objstore-to.config',
    roles: bucketRoles('replicate'),
    group: STORE_GROUP,
    type: yamlContent(),
    help: 'The same description as a value; not together with --objstore-to.config-file.',
  }),
  ids,
  minTime,
  maxTime,
  matchers: option({
    flag: 'matcher',
    roles: bucketRoles('replicate'),
    group: SELECTION,
    type: matchers(),
    default: [],
    help:
      'Only blocks whose labels match, as cluster="eu" or replica!~"r.*" (repeatable, all must ' +
      'match).',
  }),
  resolutions: option({
    flag: 'resolution',
    roles: bucketRoles('replicate'),
    group: SELECTION,
    type: texts('resolution', {
      allowed: 'one of 0s, 5m, 1h',
      test: (value) => RESOLUTIONS_MS.has(value),
    }),
    default: [],
    help: 'Only blocks of this resolution: 0s (raw), 5m or 1h (repeatable). None given means all.',
  }),
  compactionLevels: option({
    flag: 'compaction',
    roles: bucketRoles('replicate'),
    group: SELECTION,
    type: texts('level', {
      allowed: 'a level such as 1',
      test: (value) => /^\d{1,4}$/.test(value),
    }),
    default: [],
    help:
      'Only blocks of this compaction level (repeatable). None given means all, where Thanos ' +
      'leaves out those above 4.',
  }),
  ignoreMarkedForDeletion: option({
    flag: 'ignore-marked-for-deletion',
    roles: bucketRoles('replicate'),
    group: SELECTION,
    type: bool(),
    default: 'false',
    help: 'Leave out blocks that are marked for deletion. The mark itself is never copied.',
  }),
  concurrency: option({
    flag: 'replicate-concurrency',
    roles: bucketRoles('replicate'),
    group: BEHAVIOUR,
    type: integer({ min: 1, max: 64 }),
    default: '1',
    unit: 'blocks',
    help: 'How many blocks are copied at the same time.',
  }),
  singleRun: option({
    flag: 'single-run',
    roles: bucketRoles('replicate'),
    group: BEHAVIOUR,
    type: bool(),
    default: 'false',
    help: 'Copy once and end; else a minute later it is looked for new blocks again, without end.',
  }),
} as const;

/** The options of each command, by property name. */
export const BUCKET_TOOL_OPTIONS = {
  ls: LS,
  inspect: INSPECT,
  verify: VERIFY,
  'upload-blocks': UPLOAD_BLOCKS,
  cleanup: CLEANUP,
  replicate: REPLICATE,
  mark: MARK,
  unmark: UNMARK,
} as const satisfies Record<BucketCommand, object>;
