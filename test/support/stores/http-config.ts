// `http_config` as an empty bucket.yml has it.

import type { StoreHttpConfig } from '../../../src/base/config/bucket-http.ts';

export function httpConfig(changes: Partial<StoreHttpConfig> = {}): StoreHttpConfig {
  return {
    idleConnTimeoutMs: 90_000,
    responseHeaderTimeoutMs: 120_000,
    tlsHandshakeTimeoutMs: 10_000,
    insecureSkipVerify: false,
    maxIdleConns: 100,
    maxConnsPerHost: 0,
    caFile: '',
    certFile: '',
    keyFile: '',
    serverName: '',
    proxies: { http: undefined, https: undefined, noProxy: '' },
    ...changes,
  };
}
