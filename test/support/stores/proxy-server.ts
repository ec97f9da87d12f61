// A small HTTP proxy: CONNECT for stores over TLS, absolute addresses for those without. It alone
// knows where a name leads, so that a test sees that a request came through it and no other way
// (nobody proxies 127.0.0.1).

import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';

export interface ProxyOptions {
  /** `host:port` → a port of 127.0.0.1; whatever else is asked for is answered 502. */
  readonly places: ReadonlyMap<string, number>;
  /** What `Proxy-Authorization` must be. */
  readonly authorization?: string;
  /** Answers every request with this status; 0 never answers. */
  readonly status?: number;
}

export interface RunningProxy {
  readonly port: number;
  /** `CONNECT store:443`, `PUT http://store/bucket/key`. */
  readonly seen: string[];
  close(): Promise<void>;
}

/** Starts one on a free port of 127.0.0.1. */
export async function startProxy(options: ProxyOptions): Promise<RunningProxy> {
  const seen: string[] = [];
  const sockets = new Set<Duplex>();
  const server = createServer((from, to) => {
    seen.push(`${from.method} ${from.url}`);
    forward(options, from, to);
  });
  server.on('connect', (from: IncomingMessage, socket: Socket) => {
    seen.push(`CONNECT ${from.url}`);
    sockets.add(socket);
    tunnel(options, from, socket, sockets);
  });
  server.on('connection', (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  return {
    port: (server.address() as AddressInfo).port,
    seen,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** Undefined: it goes through. */
function refusal({ authorization, status }: ProxyOptions, from: IncomingMessage) {
  if (authorization !== undefined && from.headers['proxy-authorization'] !== authorization)
    return 407;
  return status;
}

function forward(options: ProxyOptions, from: IncomingMessage, to: ServerResponse): void {
  const url = new URL(from.url ?? '');
  const port = options.places.get(`${url.hostname}:${url.port || '80'}`);
  const refused = refusal(options, from) ?? (port === undefined ? 502 : undefined);
  if (refused === 0) return;
  if (refused !== undefined) {
    to.writeHead(refused).end('the proxy says no');
    return;
  }
  const { 'proxy-authorization': _, ...headers } = from.headers;
  const path = `${url.pathname}${url.search}`;
  const on = request({ host: '127.0.0.1', port, method: from.method, path, headers }, (answer) => {
    to.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(to);
  });
  on.on('error', () => to.destroy());
  from.pipe(on);
}

function tunnel(
  options: ProxyOptions,
  from: IncomingMessage,
  socket: Socket,
  sockets: Set<Duplex>,
): void {
  const port = options.places.get(from.url ?? '');
  const refused = refusal(options, from) ?? (port === undefined ? 502 : undefined);
  socket.on('error', () => socket.destroy());
  if (refused === 0) return;
  if (refused !== undefined) {
    socket.end(`HTTP/1.1 ${refused} No\r\ncontent-length: 0\r\n\r\n`);
    return;
  }
  const on = connect(port ?? 0, '127.0.0.1', () => {
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
    on.pipe(socket).pipe(on);
  });
  sockets.add(on);
  on.on('error', () => socket.destroy());
  on.once('close', () => socket.destroy());
  socket.once('close', () => on.destroy());
}
