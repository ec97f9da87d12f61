// Options of `varve bucket mark` and `unmark`, named as `thanos tools bucket mark` names them.

import { isUlid } from '../model/ulid.ts';
import { bucketRoles } from './bucket-commands.ts';
import { option } from './option.ts';
import { bool, oneOf, text, texts } from './option-type.ts';
import { BEHAVIOUR, OUTPUT, SELECTION, STORE } from './options-bucket-store.ts';

const markedIds = option({
  flag: 'id',
  roles: bucketRoles('mark', 'unmark'),
  group: SELECTION,
  type: texts('ulid', { allowed: "a block's ULID", test: isUlid }),
  default: [],
  help: 'The block (repeatable; one is needed).',
});
const markOutput = option({
  flag: 'output',
  roles: bucketRoles('mark', 'unmark'),
  group: OUTPUT,
  type: oneOf(['text', 'json']),
  default: 'text',
  help: 'A line or a JSON object for each block.',
});
/** The files that are marks, as Thanos's --marker names them. */
export const MARKERS = [
  'deletion-mark.json',
  'no-compact-mark.json',
  'no-downsample-mark.json',
] as const;
export type Marker = (typeof MARKERS)[number];

/** Of `mark`. */
export const MARK = {
  ...STORE,
  ids: markedIds,
  marker: option({
    flag: 'marker',
    roles: bucketRoles('mark'),
    group: BEHAVIOUR,
    type: oneOf(MARKERS),
    help: 'The mark (needed).',
  }),
  details: option({
    flag: 'details',
    roles: bucketRoles('mark'),
    group: BEHAVIOUR,
    type: text('text'),
    default: '',
    help: 'Why, for people; it stands in the mark. Needed, but with --remove.',
  }),
  remove: option({
    flag: 'remove',
    roles: bucketRoles('mark'),
    group: BEHAVIOUR,
    type: bool(),
    default: 'false',
    help: 'Take the mark away, as unmark does.',
  }),
  output: markOutput,
} as const;

/** Of `unmark`. */
export const UNMARK = {
  ...STORE,
  ids: markedIds,
  marker: option({
    flag: 'marker',
    roles: bucketRoles('unmark'),
    group: BEHAVIOUR,
    type: oneOf(MARKERS),
    default: 'deletion-mark.json',
    help: 'The mark that is taken away.',
  }),
  output: markOutput,
} as const;
