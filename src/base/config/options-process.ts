// Options of the process: configuration file, logs, listeners, threads.

import { option } from './option.ts';
import { address, bool, duration, integer, oneOf, path } from './option-type.ts';

const HOUR_MS = 3_600_000;

export const PROCESS_OPTIONS = {
  configFile: option({
    flag: 'config.file',
    group: 'Process',
    type: path('file'),
    help:
      'YAML file with the same options, the dots of the flags as nesting. A flag wins over the ' +
      'environment, the environment over this file.',
  }),
  logLevel: option({
    flag: 'log.level',
    group: 'Process',
    type: oneOf(['debug', 'info', 'warn', 'error']),
    default: 'info',
    help: 'Least severe log lines to write.',
  }),
  logFormat: option({
    flag: 'log.format',
    group: 'Process',
    type: oneOf(['logfmt', 'json']),
    default: 'logfmt',
    help: 'Format of the log lines, which go to standard error.',
  }),
  engineThreads: option({
    flag: 'engine.threads',
    group: 'Process',
    type: integer({ min: 1, max: 64 }),
    default: '1',
    unit: 'threads',
    help:
      'Threads that decode, log and hold samples. A tenant belongs to one of them, so more ' +
      'than one helps only with several tenants.',
  }),
  remoteWriteAddress: option({
    flag: 'remote-write.address',
    group: 'HTTP',
    type: address(),
    default: '0.0.0.0:19291',
    help: 'Where remote write is received. Takes the write paths and health.',
  }),
  httpAddress: option({
    flag: 'http-address',
    group: 'HTTP',
    type: address(),
    default: '0.0.0.0:10902',
    help: 'Where health, metrics, status and admin are served. Takes the write paths too.',
  }),
  httpGracePeriodMs: option({
    flag: 'http-grace-period',
    group: 'HTTP',
    type: duration({ min: 0, max: HOUR_MS }),
    default: '2m',
    help:
      'How long requests under way may take to end after SIGTERM or SIGINT before they are cut ' +
      'off.',
  }),
  webEnableLifecycle: option({
    flag: 'web.enable-lifecycle',
    group: 'HTTP',
    type: bool(),
    default: 'false',
    help:
      'Serve POST /-/flush, /-/reload and /-/quit. Whoever reaches the HTTP address can then ' +
      'stop Varve.',
  }),
  metricsCompatibleNames: option({
    flag: 'metrics.compatible-names',
    group: 'HTTP',
    type: bool(),
    default: 'true',
    help:
      "Also expose metrics that have an exact equivalent under Thanos's and Prometheus's " +
      'names, so that existing dashboards and rules answer.',
  }),
} as const;
