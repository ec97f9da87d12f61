// Flags of `thanos sidecar` (main branch of 2026 and the releases before it) that Varve's knows and
// does not act on: ignored with a warning that says why, or refused with a way out where going on
// without it would change safety or what the Prometheus does.

import type { InertOption } from './option.ts';

const NO_GRPC =
  'this version serves no gRPC (StoreAPI); Thanos queriers see the data once it is in the bucket.';
const NO_RELOADER =
  'this version does not watch or write the configuration of the Prometheus. Take the flag away ' +
  'and run prometheus-config-reloader, or the sidecar of Thanos without a bucket, beside it.';
const RELOADER_DETAIL = 'there is no reloader in this version, so there is nothing to set.';
const NO_TLS =
  'this version speaks no TLS itself. Take the flag away, listen on 127.0.0.1 and put a reverse ' +
  'proxy (nginx, HAProxy) that ends TLS in front.';
const NO_GRPC_TLS =
  'this version serves no gRPC, so nothing would be protected. Take the flag away; no gRPC port ' +
  'is opened.';
const NO_POOL = 'the Prometheus is asked by single requests; there is no pool of connections.';
const NOT_A_BLOCKER =
  'always so: a block that cannot be uploaded is tried again and never holds up the others.';
const GO_ONLY = 'it steers the Go runtime; bound the memory of Node with NODE_OPTIONS instead.';
const NO_TRACES = 'this version sends no traces.';
const NO_REQUEST_LOG =
  'requests are counted in metrics and refusals are logged; there is no request log.';

interface Inert {
  readonly flag: string;
  readonly help: string;
  readonly why: string;
  readonly isBool?: boolean;
  readonly harmless?: readonly string[];
}

function inert(status: InertOption['status'], one: Inert): InertOption {
  const harmless = one.harmless ?? (status === 'refused' ? [''] : []);
  return { roles: ['sidecar'], isBool: false, ...one, harmless, status };
}

const IGNORED: readonly Inert[] = [
  { flag: 'grpc-address', why: NO_GRPC, help: 'Address of the StoreAPI.' },
  { flag: 'grpc-grace-period', why: NO_GRPC, help: 'Time for gRPC requests to end.' },
  {
    flag: 'grpc-server-max-connection-age',
    why: NO_GRPC,
    help: 'Age at which gRPC connections are renewed.',
  },
  { flag: 'grpc-server-tls-min-version', why: NO_GRPC, help: 'Lowest TLS version of gRPC.' },
  { flag: 'store.limits.request-series', why: NO_GRPC, help: 'Most series of a request.' },
  { flag: 'store.limits.request-samples', why: NO_GRPC, help: 'Most samples of a request.' },
  { flag: 'matcher-cache-size', why: NO_GRPC, help: 'Matchers that the StoreAPI caches.' },
  {
    flag: 'enable-feature',
    why: 'there are no experimental features to switch on in this version.',
    help: 'Experimental features.',
  },
  { flag: 'receive.connection-pool-size', why: NO_POOL, help: 'Idle connections.' },
  { flag: 'receive.connection-pool-size-per-host', why: NO_POOL, help: 'Idle connections.' },
  { flag: 'reloader.watch-interval', why: RELOADER_DETAIL, help: 'How often files are read.' },
  { flag: 'reloader.retry-interval', why: RELOADER_DETAIL, help: 'Pause after a failure.' },
  { flag: 'reloader.method', why: RELOADER_DETAIL, help: 'By HTTP or by signal.' },
  { flag: 'reloader.process-name', why: RELOADER_DETAIL, help: 'Process that gets the signal.' },
  {
    flag: 'hash-func',
    why: 'SHA-256 and CRC32C of every file are always in meta.json.',
    help: 'Hash of the files of a block.',
  },
  {
    flag: 'shipper.meta-file-name',
    why: 'the note is always thanos.shipper.json, in --data-dir.',
    harmless: ['thanos.shipper.json'],
    help: 'Name of the note of what was uploaded.',
  },
  {
    flag: 'shipper.upload-concurrency',
    why: 'the number of uploads at one time is bounded by Varve itself.',
    help: 'Files uploaded at one time.',
  },
  {
    flag: 'shipper.allow-out-of-order-uploads',
    why: NOT_A_BLOCKER,
    isBool: true,
    help: 'Upload past a failed block.',
  },
  {
    flag: 'shipper.skip-corrupted-blocks',
    why: NOT_A_BLOCKER,
    isBool: true,
    help: 'Upload past a damaged block.',
  },
  { flag: 'tracing.config-file', why: NO_TRACES, help: 'Where traces go.' },
  { flag: 'tracing.config', why: NO_TRACES, help: 'Where traces go, as a value.' },
  { flag: 'request.logging-config-file', why: NO_REQUEST_LOG, help: 'Request log.' },
  { flag: 'request.logging-config', why: NO_REQUEST_LOG, help: 'Request log, as a value.' },
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
  { flag: 'reloader.config-file', why: NO_RELOADER, help: 'File that the reloader watches.' },
  {
    flag: 'reloader.config-envsubst-file',
    why: NO_RELOADER,
    help: 'Configuration that the reloader writes.',
  },
  { flag: 'reloader.rule-dir', why: NO_RELOADER, help: 'Directories that the reloader watches.' },
  { flag: 'http.config', why: NO_TLS, help: 'TLS and passwords of the HTTP listener.' },
  { flag: 'grpc-server-tls-cert', why: NO_GRPC_TLS, help: 'Certificate of the gRPC server.' },
  { flag: 'grpc-server-tls-key', why: NO_GRPC_TLS, help: 'Key of the gRPC server.' },
  { flag: 'grpc-server-tls-client-ca', why: NO_GRPC_TLS, help: 'CA of the gRPC clients.' },
];

/** What is not acted on in `varve sidecar`. */
export const THANOS_SIDECAR: readonly InertOption[] = [
  ...IGNORED.map((one) => inert('ignored', one)),
  ...REFUSED.map((one) => inert('refused', one)),
];
