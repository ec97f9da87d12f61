// Flags of `thanos receive` (main branch of 2026 and the releases before it) that Varve accepts and
// does not act on, each with the reason. Using one logs that reason as a warning. Whatever would
// change safety, who may write, or what is stored is in thanos-refused.ts instead.

import type { InertOption } from './option.ts';

const NO_FORWARDING =
  'Varve never forwards a request to another receiver, so there is nothing to set.';
const NO_GRPC =
  'this version serves no gRPC (StoreAPI); Thanos queriers see the data once it is in the bucket.';
const GO_ONLY = 'it steers the Go runtime; bound the memory of Node with NODE_OPTIONS instead.';
const NOT_A_BLOCKER =
  'always so: a block that cannot be uploaded is tried again and never holds up the others.';
const NO_TRACES = 'this version sends no traces.';
const NO_REQUEST_LOG =
  'requests are counted in metrics and refusals are logged; there is no request log.';

function ignored(flag: string, why: string, help: string): InertOption {
  return {
    flag,
    roles: ['serve', 'receive'],
    help,
    why,
    status: 'ignored',
    isBool: false,
    harmless: [],
  };
}

function ignoredBool(flag: string, why: string, help: string): InertOption {
  return { ...ignored(flag, why, help), isBool: true };
}

export const THANOS_IGNORED: readonly InertOption[] = [
  ignored('grpc-address', NO_GRPC, 'Address of the StoreAPI.'),
  ignored('grpc-grace-period', NO_GRPC, 'Time for gRPC requests to end.'),
  ignored('grpc-server-max-connection-age', NO_GRPC, 'Age at which gRPC connections are renewed.'),
  ignored('grpc-server-tls-min-version', NO_GRPC, 'Lowest TLS version of the gRPC server.'),
  ignored('store.limits.request-series', NO_GRPC, 'Most series of a StoreAPI request.'),
  ignored('store.limits.request-samples', NO_GRPC, 'Most samples of a StoreAPI request.'),
  ignored('matcher-cache-size', NO_GRPC, 'Matchers that the StoreAPI caches.'),
  ignored(
    'receive.lazy-retrieval-max-buffered-responses',
    NO_GRPC,
    'Responses that the StoreAPI buffers.',
  ),
  ignored(
    'enable-feature',
    'there are no experimental features to switch on in this version.',
    'Experimental features.',
  ),
  ignored(
    'remote-write.server-tls-min-version',
    'the remote-write listener speaks no TLS; its certificate flags are refused.',
    'Lowest TLS version of the remote-write listener.',
  ),
  ignored('remote-write.client-tls-cert', NO_FORWARDING, 'Certificate for forwarding.'),
  ignored('remote-write.client-tls-key', NO_FORWARDING, 'Key for forwarding.'),
  ignored('remote-write.client-tls-ca', NO_FORWARDING, 'CA for forwarding.'),
  ignored('remote-write.client-server-name', NO_FORWARDING, 'Server name for forwarding.'),
  ignoredBool('remote-write.client-tls-secure', NO_FORWARDING, 'TLS for forwarding.'),
  ignoredBool('remote-write.client-tls-skip-verify', NO_FORWARDING, 'No check when forwarding.'),
  ignored('receive.local-endpoint', NO_FORWARDING, 'Address of this node in the hashring.'),
  ignored('receive.replica-header', NO_FORWARDING, 'Header that marks replicated requests.'),
  ignored('receive.replication-protocol', NO_FORWARDING, 'Protocol of replication.'),
  ignored('receive.capnproto-address', NO_FORWARDING, 'Address of the replication server.'),
  ignored('receive.forward.async-workers', NO_FORWARDING, 'Workers that forward.'),
  ignored('receive.grpc-compression', NO_FORWARDING, 'Compression when forwarding.'),
  ignored('receive.grpc-service-config', NO_FORWARDING, 'gRPC settings of forwarding.'),
  ignored('receive-forward-timeout', NO_FORWARDING, 'Timeout of forwarding.'),
  ignored('receive-forward-max-backoff', NO_FORWARDING, 'Longest pause of forwarding.'),
  ignored('receive.artificial-max-delay', NO_FORWARDING, 'Delay of the second peer.'),
  ignored(
    'receive.limits-config-reload-timer',
    'limits are flags and keys of --config.file here, read again at a reload.',
    'Shortest time between reloads of the limits.',
  ),
  ignored(
    'tsdb.out-of-order.cap-max',
    'late samples go to chunks of the same size as others.',
    'Samples in an out-of-order chunk.',
  ),
  ignored(
    'tsdb.head.expanded-postings-cache-size',
    'there is no such cache.',
    'Cache of expanded postings of the head.',
  ),
  ignored(
    'tsdb.block.expanded-postings-cache-size',
    'there is no such cache.',
    'Cache of expanded postings of blocks.',
  ),
  ignored(
    'tsdb.write-queue-size',
    'open chunks are in memory and need no write queue.',
    'Queue of the head chunk mapper.',
  ),
  ignoredBool(
    'tsdb.memory-snapshot-on-shutdown',
    'a restart replays the write-ahead log.',
    'Snapshot of the head at shutdown.',
  ),
  ignoredBool(
    'tsdb.allow-overlapping-blocks',
    'late samples always go to blocks that may overlap others.',
    'Allow overlapping blocks.',
  ),
  ignoredBool(
    'tsdb.enable-native-histograms',
    'native histograms are always stored.',
    'Native histograms.',
  ),
  ignoredBool(
    'tsdb.no-lockfile',
    'Varve always locks its directory; the lock ends with the process, so none is ever left ' +
      'behind.',
    'No lock file.',
  ),
  ignoredBool('writer.intern', 'strings are always interned.', 'Intern strings.'),
  ignored(
    'hash-func',
    'SHA-256 and CRC32C of every file are always in meta.json.',
    'Hash of the files of a block.',
  ),
  ignoredBool('shipper.allow-out-of-order-uploads', NOT_A_BLOCKER, 'Upload past a failed block.'),
  ignoredBool('shipper.skip-corrupted-blocks', NOT_A_BLOCKER, 'Upload past a damaged block.'),
  ignoredBool(
    'shipper.ignore-unequal-block-size',
    'local blocks are 2h long and are not compacted before upload.',
    'No check of the block durations.',
  ),
  ignored('tracing.config-file', NO_TRACES, 'Where traces go.'),
  ignored('tracing.config', NO_TRACES, 'Where traces go, as a value.'),
  ignored('request.logging-config-file', NO_REQUEST_LOG, 'Request log.'),
  ignored('request.logging-config', NO_REQUEST_LOG, 'Request log, as a value.'),
  ignoredBool('enable-auto-gomemlimit', GO_ONLY, 'Memory limit of the Go runtime.'),
  ignored('auto-gomemlimit.ratio', GO_ONLY, 'Share of the memory for the Go runtime.'),
  ignored('debug.name', 'log lines carry no such prefix.', 'Prefix of log lines.'),
];
