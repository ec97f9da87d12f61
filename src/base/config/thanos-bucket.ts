// Flags of `thanos tools bucket …` (main branch of 2026) that Varve's commands of the same names
// know and do not act on: ignored with a warning that says why, or refused with the way out.

import { BUCKET_ROLES, type BucketRole, bucketRoles } from './bucket-commands.ts';
import type { InertOption } from './option.ts';

const PLAIN = 'these commands print lines and end; they have no log.';
const GO_ONLY = 'it steers the Go runtime; bound the memory of Node with NODE_OPTIONS instead.';
const NO_TRACES = 'this version sends no traces.';
const NO_SERVER = 'the command serves no HTTP; it says on standard error how far it is.';
const NO_BACKUP =
  'a repair deletes nothing: the damaged block stays as it is until its deletion mark is due.';

function inert(
  flag: string,
  why: string,
  help: string,
  more: Partial<InertOption> & { readonly roles?: readonly BucketRole[] } = {},
): InertOption {
  const rest = { roles: BUCKET_ROLES, status: 'ignored', isBool: false, harmless: [] } as const;
  return { flag, why, help, ...rest, ...more };
}

const VERIFY = { roles: bucketRoles('verify') };
const REPLICATE = { roles: bucketRoles('replicate') };
const RELABEL = {
  roles: bucketRoles('ls', 'cleanup'),
  status: 'refused',
  harmless: [''],
} as const;

export const THANOS_BUCKET: readonly InertOption[] = [
  inert('log.level', PLAIN, 'Which log messages are shown.'),
  inert('log.format', PLAIN, 'How they are written.'),
  inert('tracing.config', NO_TRACES, 'Where traces go.'),
  inert('tracing.config-file', NO_TRACES, 'The same as a file.'),
  inert('enable-auto-gomemlimit', GO_ONLY, 'Limit the memory of the Go runtime.', { isBool: true }),
  inert('auto-gomemlimit.ratio', GO_ONLY, 'Part of the memory that it may have.'),
  inert(
    'issues',
    'everything that can be wrong is looked for in one reading, and repaired as far as it can be.',
    'Issues that are looked for.',
    VERIFY,
  ),
  inert(
    'delete-delay',
    'a repaired block goes when the compactor or cleanup deletes what is marked: theirs counts.',
    'When repaired blocks go.',
    VERIFY,
  ),
  inert('objstore-backup.config', NO_BACKUP, 'Where blocks go before they are removed.', VERIFY),
  inert('objstore-backup.config-file', NO_BACKUP, 'The same as a file.', VERIFY),
  inert(
    'selector.relabel-config',
    'blocks are not selected by relabelling. ls has --selector; cleanup works on all blocks.',
    'Blocks that are looked at.',
    RELABEL,
  ),
  inert(
    'selector.relabel-config-file',
    'blocks are not selected by relabelling. ls has --selector; cleanup works on all blocks.',
    'The same as a file.',
    RELABEL,
  ),
  inert(
    'block-sync-concurrency',
    'one listing of the whole bucket gives all that is needed.',
    'How many meta.json are read at once.',
    { roles: bucketRoles('cleanup') },
  ),
  inert(
    'shipper.upload-concurrency',
    'the files of a block go one after the other.',
    'How many files of a block are uploaded at once.',
    { roles: bucketRoles('upload-blocks') },
  ),
  inert('http-address', NO_SERVER, 'Address of metrics and probes.', REPLICATE),
  inert('http-grace-period', NO_SERVER, 'Time for requests to end.', REPLICATE),
  inert('http.config', NO_SERVER, 'TLS and authentication of that server.', REPLICATE),
];
