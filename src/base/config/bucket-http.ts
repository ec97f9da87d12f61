// `http_config:` of a bucket.yml, the same for every store that speaks HTTP (thanos-io/objstore,
// exthttp.HTTPConfig; its defaults).

import type { Environment } from './fill-environment.ts';
import { readStoreProxies, type StoreProxies } from './store-proxies.ts';
import type { YamlMapping } from './yaml-reader.ts';

/** How connections to a store are made and kept. Times are milliseconds. */
export interface StoreHttpConfig {
  /** An idle connection is closed after this; 0 keeps it. */
  readonly idleConnTimeoutMs: number;
  /** From the end of the request to the first byte of the answer; 0 waits for ever. */
  readonly responseHeaderTimeoutMs: number;
  readonly tlsHandshakeTimeoutMs: number;
  /** Takes any certificate. */
  readonly insecureSkipVerify: boolean;
  /** Idle connections kept; 0 is no limit. */
  readonly maxIdleConns: number;
  /** Connections at once to one host; 0 is no limit. */
  readonly maxConnsPerHost: number;
  /** Paths of PEM files; empty for none. */
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
  /** Name that the certificate must have; empty for the host's own. */
  readonly serverName: string;
  /** Of the environment, not of the file. */
  readonly proxies: StoreProxies;
}

const DAY_MS = 86_400_000;
const TIME = { min: 0, max: DAY_MS };
const COUNT = { min: 0, max: 1_000_000 };

/** Reads `config.http_config`, which may be missing, and the proxies of the environment. */
export function readStoreHttpConfig(config: YamlMapping, env: Environment): StoreHttpConfig {
  const http = config.mapping('http_config');
  const tls = http.mapping('tls_config');
  const read = {
    idleConnTimeoutMs: http.durationMs('idle_conn_timeout', TIME) ?? 90_000,
    responseHeaderTimeoutMs: http.durationMs('response_header_timeout', TIME) ?? 120_000,
    tlsHandshakeTimeoutMs: http.durationMs('tls_handshake_timeout', TIME) ?? 10_000,
    insecureSkipVerify: [http, tls]
      .map((one) => one.boolean('insecure_skip_verify'))
      .includes(true),
    maxIdleConns: idleConns(http),
    maxConnsPerHost: http.integer('max_conns_per_host', COUNT) ?? 0,
    caFile: tls.string('ca_file') ?? '',
    certFile: tls.string('cert_file') ?? '',
    keyFile: tls.string('key_file') ?? '',
    serverName: tls.string('server_name') ?? '',
    proxies: readStoreProxies(env),
  };
  // Neither changes what is asked: no request waits for "100 Continue", none asks for compression.
  http.durationMs('expect_continue_timeout', TIME);
  http.boolean('disable_compression');
  if ((read.certFile === '') !== (read.keyFile === '')) {
    throw http.error('tls_config', 'needs cert_file and key_file together');
  }
  tls.end();
  http.end();
  return read;
}

/** A bucket is one host: the smaller of the two limits holds. */
function idleConns(http: YamlMapping): number {
  const all = http.integer('max_idle_conns', COUNT) ?? 100;
  const perHost = http.integer('max_idle_conns_per_host', COUNT) ?? 100;
  if (all === 0 || perHost === 0) return Math.max(all, perHost);
  return Math.min(all, perHost);
}
