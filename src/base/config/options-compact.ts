// Options of `varve compact`: those of compaction, and of the command that runs it. Those of the
// other roles that mean the same here are taken over.

import { type Option, option, type Role } from './option.ts';
import { bool, oneOf, path } from './option-type.ts';
import { COMPACTION_OPTIONS } from './options-compaction.ts';
import { PROCESS_OPTIONS } from './options-process.ts';
import { STORAGE_OPTIONS } from './options-storage.ts';

const ROLES: readonly Role[] = ['compact'];
const RUNS = 'Runs';

/** The same option, declared by another role. */
function sameAs<T>(other: Option<T>): Option<T> {
  return { ...other, roles: ROLES, reload: false };
}

export const COMPACT_OPTIONS = {
  configFile: sameAs(PROCESS_OPTIONS.configFile),
  logLevel: sameAs(PROCESS_OPTIONS.logLevel),
  logFormat: sameAs(PROCESS_OPTIONS.logFormat),
  httpAddress: {
    ...sameAs(PROCESS_OPTIONS.httpAddress),
    help: 'Where health, metrics, the plan and the jobs are served. Not with --dry-run.',
  },
  httpGracePeriodMs: {
    ...sameAs(PROCESS_OPTIONS.httpGracePeriodMs),
    help:
      'How long requests may take to end after SIGTERM or SIGINT before they are cut off. Jobs ' +
      'are given up at once, and made anew at the next start.',
  },
  metricsCompatibleNames: sameAs(PROCESS_OPTIONS.metricsCompatibleNames),
  dataDir: option({
    flag: 'data-dir',
    roles: ROLES,
    group: 'Directories',
    type: path('dir'),
    default: './data',
    help:
      'Directory for what jobs need while they run, and for what is known of the bucket. It may ' +
      'be lost: it is made anew from the bucket.',
  }),
  objstoreConfigFile: sameAs(STORAGE_OPTIONS.objstoreConfigFile),
  objstoreConfig: {
    ...sameAs(STORAGE_OPTIONS.objstoreConfig),
    help: 'The same description as a value; one of the two is needed.',
  },
  objstoreMaxConcurrency: sameAs(STORAGE_OPTIONS.objstoreMaxConcurrency),
  objstoreUploadBandwidth: {
    ...sameAs(STORAGE_OPTIONS.objstoreUploadBandwidth),
    help: 'Bytes a second that uploads to the bucket take together. 0 is no limit.',
  },
  objstoreDownloadBandwidth: sameAs(STORAGE_OPTIONS.objstoreDownloadBandwidth),
  wait: option({
    flag: 'wait',
    roles: ROLES,
    group: RUNS,
    type: bool(),
    default: 'false',
    help: 'Go on without end; else the command ends when there is nothing left to do. Also -w.',
  }),
  dryRun: option({
    flag: 'dry-run',
    roles: ROLES,
    group: RUNS,
    type: bool(),
    default: 'false',
    help: 'Print the plan and end; nothing in the bucket is changed.',
  }),
  output: option({
    flag: 'output',
    roles: ROLES,
    group: RUNS,
    type: oneOf(['table', 'json']),
    default: 'table',
    help: 'How --dry-run prints the plan: for a person, or as JSON. Also -o.',
  }),
  ...COMPACTION_OPTIONS,
} as const;
