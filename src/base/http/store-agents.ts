// Connections to an object store, made and kept as `http_config` of bucket.yml says, and through
// the proxies that the environment names.

import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent, type RequestOptions } from 'node:https';
import { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { StoreHttpConfig } from '../config/bucket-http.ts';
import { VarveError } from '../errors/varve-error.ts';
import type { Disk } from '../runtime/disk.ts';
import type { Timers } from '../runtime/timers.ts';
import { type ChooseProxy, proxyChooser } from './proxy-rules.ts';
import { openTunnel, type Tunnel } from './proxy-tunnel.ts';

/** One agent for plain HTTP, one for TLS. */
export interface StoreAgents {
  readonly http: HttpAgent;
  readonly https: HttpsAgent;
  /**
   * Through which proxy a request goes; undefined for none. `https` sees to it by itself; a request
   * without TLS has to be written for the proxy (`forwardedTo`).
   */
  readonly choose: ChooseProxy;
}

/** Idle sockets when the configuration sets no limit. */
const NO_LIMIT = Number.POSITIVE_INFINITY;

/**
 * Makes them; PEM files are read now, a missing one is `not_found`. Whoever made them ends them.
 */
export function storeAgents(
  config: StoreHttpConfig,
  { disk, timers }: { readonly disk: Disk; readonly timers: Timers },
): StoreAgents {
  const shared = {
    keepAlive: true,
    maxSockets: config.maxConnsPerHost === 0 ? NO_LIMIT : config.maxConnsPerHost,
    maxFreeSockets: config.maxIdleConns === 0 ? 256 : config.maxIdleConns,
    // Ends idle sockets only: requests under way have time limits of their own.
    ...(config.idleConnTimeoutMs === 0 ? {} : { timeout: config.idleConnTimeoutMs }),
  };
  const pem = (path: string) => Buffer.from(disk.readFile(path));
  const https = new HttpsAgent({
    ...shared,
    rejectUnauthorized: !config.insecureSkipVerify,
    ...(config.caFile === '' ? {} : { ca: pem(config.caFile) }),
    ...(config.certFile === '' ? {} : { cert: pem(config.certFile), key: pem(config.keyFile) }),
    ...(config.serverName === '' ? {} : { servername: config.serverName }),
  });
  limitHandshakes(https, config);
  const choose = proxyChooser(config.proxies);
  if (config.proxies.https !== undefined) tunnel(https, choose, timers);
  return { http: new HttpAgent(shared), https, choose };
}

/** `tls.connect` takes it, which the agent's types do not say. */
function over(options: RequestOptions, socket: Socket): RequestOptions {
  const through = { ...options, socket };
  return through;
}

/** Has connections made through the proxies that are chosen. */
function tunnel(agent: HttpsAgent, choose: ChooseProxy, timers: Timers): void {
  const connect = agent.createConnection.bind(agent);
  const destroy = agent.destroy.bind(agent);
  const opening = new Set<Tunnel>();
  agent.createConnection = (options, callback) => {
    const target = { host: options.host ?? 'localhost', port: Number(options.port ?? 443) };
    const proxy = choose({ tls: true, ...target });
    if (proxy === undefined) return connect(options, callback);
    const { ca, cert, key, rejectUnauthorized } = agent.options;
    const tls = {
      ca,
      cert,
      key,
      ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
    };
    const one = openTunnel(proxy, target, { tls, timers });
    opening.add(one);
    one.socket
      .finally(() => opening.delete(one))
      .then((socket) => connect(over(options, socket)))
      .then(
        (made) => made && callback?.(null, made),
        (thrown: Error) => callback?.(thrown, new Socket().destroy()),
      );
    return undefined;
  };
  agent.destroy = () => {
    for (const one of opening) one.end();
    destroy();
  };
}

/** Ends a connection that stands still for too long before its TLS handshake is done. */
function limitHandshakes(agent: HttpsAgent, config: StoreHttpConfig): void {
  const limitMs = config.tlsHandshakeTimeoutMs;
  if (limitMs === 0) return;
  const connect = agent.createConnection.bind(agent);
  agent.createConnection = (options, callback) => {
    // The agent sets its own limit again when the connection is idle.
    const socket = connect({ ...options, timeout: limitMs }, callback);
    if (!(socket instanceof TLSSocket)) return socket;
    const onTimeout = () => {
      const what = `no TLS handshake within ${limitMs} ms`;
      socket.destroy(new VarveError('store_unavailable', what));
    };
    socket.once('timeout', onTimeout);
    socket.once('secureConnect', () => socket.off('timeout', onTimeout));
    return socket;
  };
}
