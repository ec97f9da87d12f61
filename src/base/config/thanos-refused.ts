// Flags of `thanos receive` that Varve refuses with exit code 2, because going on without them
// would change safety, who may write, or what is stored. Each names the way out. A value that means
// what Varve does anyway (an empty certificate, a replication factor of 1) passes.

import type { InertOption } from './option.ts';

const NO_RING =
  'Varve has no hashring: a gateway syncs every sample before it answers and keeps it on its ' +
  'own. Take the flag away; to spread the load give each gateway its own tenants or senders, ' +
  'with its own --label; for redundancy let two Prometheus replicas write to two gateways ' +
  'and deduplicate in compaction.';
const NO_TLS =
  'this version speaks no TLS itself. Take the flag away, listen on 127.0.0.1 and put a ' +
  'reverse proxy (nginx, HAProxy) that ends TLS in front.';
const NO_GRPC_TLS =
  'this version serves no gRPC, so nothing would be protected. Take the flag away; no gRPC ' +
  'port is opened.';
const RELABEL_AT_SENDER =
  'Varve stores what it receives. Take the flag away and put the rules into ' +
  'write_relabel_configs of the sender.';
const LIMITS_ARE_FLAGS =
  'limits are options here: --receive.limits.request-size, .request-series, ' +
  '.request-samples, .tenant-series and others, or the same keys in --config.file.';
const NO_OTLP =
  'this version receives no OTLP. Take the flag away and let an OpenTelemetry Collector ' +
  'write with its prometheusremotewrite exporter.';
const FIXED_WINDOW =
  'blocks are cut in windows of 2h, which is what Thanos expects of uploads. Take the flag away.';

interface Refusal {
  readonly flag: string;
  readonly help: string;
  readonly why: string;
  readonly harmless?: readonly string[];
  readonly isBool?: boolean;
}

function refused(refusal: Refusal): InertOption {
  return {
    flag: refusal.flag,
    roles: ['serve', 'receive'],
    help: refusal.help,
    why: refusal.why,
    status: 'refused',
    isBool: refusal.isBool ?? false,
    // An empty text is "not set" for every one of these flags in Thanos.
    harmless: refusal.harmless ?? [''],
  };
}

const REFUSALS: readonly Refusal[] = [
  { flag: 'receive.hashrings-file', why: NO_RING, help: 'File of the hashring.' },
  { flag: 'receive.hashrings', why: NO_RING, help: 'The hashring as a value.' },
  { flag: 'receive.hashrings-algorithm', why: NO_RING, help: 'How the ring spreads series.' },
  {
    flag: 'receive.hashrings-file-refresh-interval',
    why: NO_RING,
    help: 'How often the file of the hashring is read.',
  },
  {
    flag: 'receive.replication-factor',
    why: NO_RING,
    harmless: ['1'],
    help: 'Copies of each request.',
  },
  { flag: 'http.config', why: NO_TLS, help: 'TLS and passwords of the HTTP listener.' },
  { flag: 'remote-write.server-tls-cert', why: NO_TLS, help: 'Certificate of remote write.' },
  { flag: 'remote-write.server-tls-key', why: NO_TLS, help: 'Key of remote write.' },
  {
    flag: 'remote-write.server-tls-client-ca',
    why: NO_TLS,
    help: 'CA of the clients of remote write.',
  },
  { flag: 'grpc-server-tls-cert', why: NO_GRPC_TLS, help: 'Certificate of the gRPC server.' },
  { flag: 'grpc-server-tls-key', why: NO_GRPC_TLS, help: 'Key of the gRPC server.' },
  { flag: 'grpc-server-tls-client-ca', why: NO_GRPC_TLS, help: 'CA of the gRPC clients.' },
  {
    flag: 'receive.tenant-certificate-field',
    why:
      'without TLS there are no client certificates. Take the flag away and let the reverse ' +
      'proxy that ends TLS set the tenant header.',
    help: 'Field of the client certificate that names the tenant.',
  },
  {
    flag: 'receive.split-tenant-label-name',
    why:
      'a request belongs to one tenant, the one in its header or path. Take the flag away and ' +
      'let each sender name its tenant in the headers of its remote_write block.',
    help: 'Label that splits a request into tenants.',
  },
  { flag: 'receive.relabel-config-file', why: RELABEL_AT_SENDER, help: 'File of relabel rules.' },
  { flag: 'receive.relabel-config', why: RELABEL_AT_SENDER, help: 'Relabel rules as a value.' },
  { flag: 'receive.limits-config-file', why: LIMITS_ARE_FLAGS, help: 'File of limits.' },
  { flag: 'receive.limits-config', why: LIMITS_ARE_FLAGS, help: 'Limits as a value.' },
  {
    flag: 'receive.otlp-enable-target-info',
    why: NO_OTLP,
    harmless: ['true'],
    isBool: true,
    help: 'Target info of OTLP resources.',
  },
  {
    flag: 'receive.otlp-promote-resource-attributes',
    why: NO_OTLP,
    help: 'OTLP resource attributes that become labels.',
  },
  {
    flag: 'tsdb.min-block-duration',
    why: FIXED_WINDOW,
    harmless: ['2h', '120m', '7200s'],
    help: 'Shortest local block.',
  },
  {
    flag: 'tsdb.max-block-duration',
    why: FIXED_WINDOW,
    harmless: ['2h', '120m', '7200s'],
    help: 'Longest local block.',
  },
  {
    flag: 'tsdb.max-retention-bytes',
    why:
      'local blocks go by age, and never before they are in the bucket. Take the flag away and ' +
      'set --tsdb.retention.',
    harmless: ['0', '0B', '0KB', '0MB', '0GB'],
    help: 'Most bytes of local blocks.',
  },
];

export const THANOS_REFUSED: readonly InertOption[] = REFUSALS.map(refused);
