// Options of `varve tsdb ls|dump|analyze|verify DIR`, named as promtool names them.

import { option } from './option.ts';
import { bool, integer, oneOf } from './option-type.ts';

const GROUP = 'Selection and output';

export const TSDB_TOOL_OPTIONS = {
  minTimeMs: option({
    flag: 'min-time',
    roles: ['tsdb'],
    group: GROUP,
    type: integer({ min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER }),
    unit: 'milliseconds since 1970',
    help: 'dump: leave out samples before this time.',
  }),
  maxTimeMs: option({
    flag: 'max-time',
    roles: ['tsdb'],
    group: GROUP,
    type: integer({ min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER }),
    unit: 'milliseconds since 1970',
    help: 'dump: leave out samples after this time.',
  }),
  merged: option({
    flag: 'merged',
    roles: ['tsdb'],
    group: GROUP,
    type: bool(),
    default: 'false',
    help: 'dump: blocks and log of a stream as one, each sample once, sorted by series and time.',
  }),
  records: option({
    flag: 'records',
    roles: ['tsdb'],
    group: GROUP,
    type: oneOf(['samples', 'exemplars', 'metadata']),
    default: 'samples',
    help: 'dump: what to show. Blocks hold samples only; the others are in the log.',
  }),
  limit: option({
    flag: 'limit',
    roles: ['tsdb'],
    group: GROUP,
    type: integer({ min: 1, max: 1_000_000 }),
    default: '20',
    unit: 'rows',
    help: 'analyze: how many items each list shows.',
  }),
  output: option({
    flag: 'output',
    roles: ['tsdb'],
    group: GROUP,
    type: oneOf(['text', 'json']),
    default: 'text',
    help: 'Format of what is printed.',
  }),
} as const;
