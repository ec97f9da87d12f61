// Flags of `thanos compact` (main branch of 2026 and the releases before it) that Varve knows and
// does not act on: ignored with a warning that says why, or refused with a way out where going on
// without it would change safety or what is stored. A value that means what Varve does anyway
// passes.

import type { InertOption, Role } from './option.ts';
import { THANOS_IGNORED } from './thanos-ignored.ts';
import { THANOS_REFUSED } from './thanos-refused.ts';

const STREAMED =
  'blocks are not downloaded: what a job needs of them is read by ranges, and ' +
  '--objstore.max-concurrency bounds all calls.';
const NO_PAGE = 'this version has no page that shows the blocks.';
const NO_TRACES = 'this version sends no traces.';
const GO_ONLY = 'it steers the Go runtime; bound the memory of Node with NODE_OPTIONS instead.';

const OF_RECEIVE: ReadonlySet<string> = new Set(
  [...THANOS_IGNORED, ...THANOS_REFUSED].map(({ flag }) => flag),
);

interface Inert {
  readonly flag: string;
  readonly help: string;
  readonly why: string;
  readonly isBool?: boolean;
  readonly harmless?: readonly string[];
}

function inert(status: InertOption['status'], one: Inert): InertOption {
  const harmless = one.harmless ?? (status === 'refused' ? [''] : []);
  // What `thanos receive` has as well is in its own table, for `serve` too.
  const roles: readonly Role[] = OF_RECEIVE.has(one.flag) ? ['compact'] : ['compact', 'serve'];
  return { roles, isBool: false, ...one, harmless, status };
}

const IGNORED: readonly Inert[] = [
  {
    flag: 'compact.enable-vertical-compaction',
    why: 'blocks that overlap are always merged.',
    isBool: true,
    harmless: ['true'],
    help: 'Merge blocks that overlap, instead of halting.',
  },
  {
    flag: 'compact.skip-block-with-out-of-order-chunks',
    why: 'always so: such a block is set aside with a no-compact mark, and the rest goes on.',
    isBool: true,
    harmless: ['true'],
    help: 'Set such blocks aside, instead of halting.',
  },
  {
    flag: 'compact.cleanup-interval',
    why: 'deletions are jobs of the plan, and every round begins with them.',
    help: 'How often marked blocks are deleted.',
  },
  { flag: 'compact.blocks-fetch-concurrency', why: STREAMED, help: 'Blocks downloaded at once.' },
  { flag: 'block-files-concurrency', why: STREAMED, help: 'Files of a block copied at once.' },
  {
    flag: 'block-meta-fetch-concurrency',
    why: '32 are read at once, as far as --objstore.max-concurrency allows.',
    harmless: ['32'],
    help: 'How many meta.json are read at once.',
  },
  {
    flag: 'block-sync-concurrency',
    why: '32 are read at once, as far as --objstore.max-concurrency allows.',
    help: 'The same, by its older name.',
  },
  {
    flag: 'block-discovery-strategy',
    why: 'one flat listing of the bucket finds all blocks with all their files.',
    harmless: ['recursive'],
    help: 'How blocks are looked for.',
  },
  {
    flag: 'block-viewer.global.sync-block-interval',
    why: NO_PAGE,
    help: 'How often the page looks at the bucket.',
  },
  {
    flag: 'block-viewer.global.sync-block-timeout',
    why: NO_PAGE,
    help: 'How long that may take.',
  },
  { flag: 'bucket-web-label', why: NO_PAGE, help: 'Label that titles the page.' },
  { flag: 'web.disable', why: NO_PAGE, isBool: true, harmless: ['true'], help: 'No page.' },
  { flag: 'web.route-prefix', why: NO_PAGE, help: 'Prefix of the page and its requests.' },
  { flag: 'web.external-prefix', why: NO_PAGE, help: 'Prefix of links on the page.' },
  { flag: 'web.prefix-header', why: NO_PAGE, help: 'Header that holds that prefix.' },
  { flag: 'web.disable-cors', why: NO_PAGE, isBool: true, help: 'No CORS headers.' },
  {
    flag: 'disable-admin-operations',
    why: 'nothing that is served over HTTP marks or deletes a block.',
    isBool: true,
    harmless: ['true'],
    help: 'No marking of blocks over HTTP.',
  },
  {
    flag: 'hash-func',
    why: 'SHA-256 and CRC32C of every file are always in meta.json.',
    harmless: ['SHA256'],
    help: 'Hash of the files of a block.',
  },
  {
    flag: 'debug.halt-on-error',
    why: 'Varve never halts: a bad block is set aside, and the rest goes on.',
    isBool: true,
    help: 'Stand still after an error that a retry does not mend.',
  },
  {
    flag: 'debug.accept-malformed-index',
    why: 'a block whose labels are not in order is set aside, and the rest goes on.',
    isBool: true,
    harmless: ['false'],
    help: 'Take blocks whose label names are not in order.',
  },
  { flag: 'tracing.config-file', why: NO_TRACES, help: 'Where traces go.' },
  { flag: 'tracing.config', why: NO_TRACES, help: 'Where traces go, as a value.' },
  {
    flag: 'enable-auto-gomemlimit',
    why: GO_ONLY,
    isBool: true,
    help: 'Memory limit of the Go runtime.',
  },
  { flag: 'auto-gomemlimit.ratio', why: GO_ONLY, help: 'Share of memory for the Go runtime.' },
  { flag: 'debug.name', why: 'log lines carry no such prefix.', help: 'Prefix of log lines.' },
];

const REFUSED: readonly Inert[] = [
  {
    flag: 'http.config',
    why:
      'this version speaks no TLS itself. Take the flag away, listen on 127.0.0.1 and put a ' +
      'reverse proxy (nginx, HAProxy) that ends TLS in front.',
    help: 'TLS and passwords of the HTTP listener.',
  },
  {
    flag: 'compact.dedup-func',
    why: 'it has become --deduplication.func, in Thanos too. Write that.',
    help: 'Older name of --deduplication.func.',
  },
];

/** What is not acted on in `varve compact`, nor in `varve serve`. */
export const THANOS_COMPACT: readonly InertOption[] = [
  ...IGNORED.map((one) => inert('ignored', one)),
  ...REFUSED.map((one) => inert('refused', one)),
];
