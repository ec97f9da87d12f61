// A way through an HTTP proxy to a store that is asked over TLS: CONNECT (RFC 9110, 9.3.6), and how
// a request without TLS is given to a proxy instead (RFC 9112, 3.2.2).
//
// Invariant: what a proxy says is never taken for the store's answer. Anything but 200 to a CONNECT
// is an error of the connection; a 404 of it would read as "no such object". (Libraries hand it to
// the request as if the store had said it, which is why this is our own.) Messages name the proxy's
// host and port, never its password.

import { type ClientRequest, request as httpRequest } from 'node:http';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import { isIPv6, type Socket } from 'node:net';
import type { ProxyServer } from '../config/store-proxies.ts';
import { VarveError } from '../errors/varve-error.ts';
import type { Timers } from '../runtime/timers.ts';
import type { ProxyTarget } from './proxy-rules.ts';

/** A tunnel that is not there after this is given up, as a connection to a store. */
const SILENT_MS = 30_000;
/** The proxy will not, whoever asks again. */
const DENIED: readonly (number | undefined)[] = [401, 403, 407];

/** A tunnel on its way. */
export interface Tunnel {
  /** Rejects with `store_unavailable`, or `store_denied` when the proxy does not let us through. */
  readonly socket: Promise<Socket>;
  /** Gives up one that is not there yet. */
  end(): void;
}

/** @param tls how the proxy's certificate is looked at, when it is asked over TLS */
export function openTunnel(
  proxy: ProxyServer,
  { host, port }: Omit<ProxyTarget, 'tls'>,
  {
    tls,
    timers,
  }: {
    readonly tls: Pick<RequestOptions, 'ca' | 'cert' | 'key' | 'rejectUnauthorized'>;
    readonly timers: Timers;
  },
): Tunnel {
  const authority = `${isIPv6(host) ? `[${host}]` : host}:${port}`;
  const send = proxy.tls ? httpsRequest : httpRequest;
  const request = send({
    ...(proxy.tls ? tls : {}),
    method: 'CONNECT',
    host: proxy.host,
    port: proxy.port,
    path: authority,
    headers: { host: authority, ...proxyHeaders(proxy) },
    agent: false,
  });
  const stop = timers.after(SILENT_MS, () => {
    request.destroy(failed(proxy, `let nobody through within ${SILENT_MS / 1000} s`));
  });
  const socket = connected(request, proxy).finally(stop);
  return { socket, end: () => request.destroy() };
}

function failed(
  { host, port }: ProxyServer,
  what: string,
  code: 'store_denied' | 'store_unavailable' = 'store_unavailable',
): VarveError {
  return new VarveError(code, `the proxy ${host}:${port} ${what}`);
}

function connected(request: ClientRequest, proxy: ProxyServer): Promise<Socket> {
  return new Promise((resolve, reject) => {
    request.on('error', (error: NodeJS.ErrnoException) => {
      reject(
        error instanceof VarveError ? error : failed(proxy, `failed: ${error.code ?? 'closed'}`),
      );
    });
    request.once('close', () => reject(failed(proxy, 'closed the connection')));
    request.once('connect', ({ statusCode }, socket, head) => {
      if (statusCode !== 200) {
        socket.destroy();
        const code = DENIED.includes(statusCode) ? 'store_denied' : 'store_unavailable';
        reject(failed(proxy, `answered ${statusCode}`, code));
        return;
      }
      if (head.length > 0) socket.unshift(head);
      resolve(socket);
    });
    request.end();
  });
}

/** A request for a store without TLS, as its proxy takes it. */
export interface ForwardedRequest {
  readonly protocol: 'http:' | 'https:';
  readonly hostname: string;
  readonly port: number;
  /** To stand before the path: scheme and host of the store. */
  readonly origin: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** @param host the store's, with its port where that is not 80 */
export function forwardedTo(proxy: ProxyServer, host: string): ForwardedRequest {
  return {
    protocol: proxy.tls ? 'https:' : 'http:',
    hostname: proxy.host,
    port: proxy.port,
    origin: `http://${host}`,
    headers: { host, ...proxyHeaders(proxy) },
  };
}

function proxyHeaders({ authorization }: ProxyServer): Readonly<Record<string, string>> {
  return authorization === '' ? {} : { 'proxy-authorization': authorization };
}
