// Options of `varve sidecar`, named as Thanos's sidecar names them. Those of the other roles that
// mean the same here are taken over.

import { moment } from './moment.ts';
import { type Option, option, type Role } from './option.ts';
import { bool, duration, path, text, yamlContent } from './option-type.ts';
import { PROCESS_OPTIONS } from './options-process.ts';
import { STORAGE_OPTIONS } from './options-storage.ts';

const SECOND_MS = 1000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const ROLES: readonly Role[] = ['sidecar'];
const GROUP = 'Prometheus';

const SERVER_URL = {
  allowed:
    'the URL of an HTTP server, such as http://localhost:9090, without user, query and fragment; ' +
    'credentials go into --prometheus.http-client-file',
  test: (url: string): boolean => {
    const parsed = URL.canParse(url) ? new URL(url) : undefined;
    if (parsed === undefined || !/^https?:$/.test(parsed.protocol)) return false;
    const { username, password, search, hash } = parsed;
    return username === '' && password === '' && search === '' && hash === '';
  },
};

/** The same option, declared by another role. */
function sameAs<T>(other: Option<T>): Option<T> {
  return { ...other, roles: ROLES, reload: false };
}

export const SIDECAR_OPTIONS = {
  configFile: sameAs(PROCESS_OPTIONS.configFile),
  logLevel: sameAs(PROCESS_OPTIONS.logLevel),
  logFormat: sameAs(PROCESS_OPTIONS.logFormat),
  httpAddress: {
    ...sameAs(PROCESS_OPTIONS.httpAddress),
    help: 'Where health, metrics and status are served.',
  },
  httpGracePeriodMs: {
    ...sameAs(PROCESS_OPTIONS.httpGracePeriodMs),
    help:
      'How long requests and the upload under way may take to end after SIGTERM or SIGINT before ' +
      'they are cut off. An upload that was cut off goes on at the next start.',
  },
  metricsCompatibleNames: sameAs(PROCESS_OPTIONS.metricsCompatibleNames),
  prometheusUrl: option({
    flag: 'prometheus.url',
    roles: ROLES,
    group: GROUP,
    type: text('url', SERVER_URL),
    default: 'http://localhost:9090',
    help: 'URL of the Prometheus whose directory it is, for its external labels and flags.',
  }),
  prometheusReadyTimeoutMs: option({
    flag: 'prometheus.ready_timeout',
    roles: ROLES,
    group: GROUP,
    type: duration({ min: 0, max: DAY_MS }),
    default: '10m',
    help:
      'How long to wait at the start for the Prometheus to answer. After that the sidecar ends ' +
      'with exit code 1.',
  }),
  prometheusGetConfigIntervalMs: option({
    flag: 'prometheus.get_config_interval',
    roles: ROLES,
    group: GROUP,
    type: duration({ min: SECOND_MS, max: HOUR_MS }),
    default: '30s',
    help: 'How often the external labels and the flags of the Prometheus are read again.',
  }),
  prometheusGetConfigTimeoutMs: option({
    flag: 'prometheus.get_config_timeout',
    roles: ROLES,
    group: GROUP,
    type: duration({ min: 100, max: HOUR_MS }),
    default: '30s',
    help: 'How long an answer of the Prometheus may take.',
  }),
  prometheusHttpClientFile: option({
    flag: 'prometheus.http-client-file',
    roles: ROLES,
    group: GROUP,
    type: path('file'),
    help:
      "YAML file with credentials and TLS settings for the Prometheus, in Thanos's format " +
      '(basic_auth, bearer_token, tls_config).',
  }),
  prometheusHttpClient: option({
    flag: 'prometheus.http-client',
    roles: ROLES,
    group: GROUP,
    type: yamlContent(),
    help: 'The same as a value; not together with --prometheus.http-client-file.',
  }),
  dataDir: option({
    flag: 'data-dir',
    roles: ROLES,
    group: 'Directories',
    type: path('dir'),
    help:
      'Directory for the note of what was uploaded. Without it, a temporary one is used and each ' +
      'start asks the bucket for the blocks that are on disk.',
  }),
  tsdbPath: option({
    flag: 'tsdb.path',
    roles: ROLES,
    group: 'Directories',
    type: path('dir'),
    default: './data',
    help: 'Data directory of the Prometheus. It is only read, and may be mounted read-only.',
  }),
  objstoreConfigFile: sameAs(STORAGE_OPTIONS.objstoreConfigFile),
  objstoreConfig: {
    ...sameAs(STORAGE_OPTIONS.objstoreConfig),
    help: 'The same description as a value; one of the two is needed.',
  },
  objstoreMaxConcurrency: sameAs(STORAGE_OPTIONS.objstoreMaxConcurrency),
  objstoreUploadBandwidth: sameAs(STORAGE_OPTIONS.objstoreUploadBandwidth),
  objstoreDownloadBandwidth: sameAs(STORAGE_OPTIONS.objstoreDownloadBandwidth),
  minTime: option({
    flag: 'min-time',
    roles: ROLES,
    group: 'Blocks',
    type: moment(),
    default: '0000-01-01T00:00:00Z',
    help:
      'Blocks that end before this time are not uploaded: a time (2026-01-31T00:00:00Z), or a ' +
      'duration from now (-2w).',
  }),
  uploadCompacted: option({
    flag: 'shipper.upload-compacted',
    roles: ROLES,
    group: 'Blocks',
    type: bool(),
    default: 'false',
    help:
      'Also upload blocks that the Prometheus has compacted, unless they overlap blocks of the ' +
      'same labels in the bucket: to bring in the history of a Prometheus, once.',
  }),
  ignoreUnequalBlockSize: option({
    flag: 'shipper.ignore-unequal-block-size',
    roles: ROLES,
    group: 'Blocks',
    type: bool(),
    default: 'false',
    help:
      'Go on beside a Prometheus that compacts. A block that it compacts before the upload is ' +
      'missing in the bucket then.',
  }),
} as const;
