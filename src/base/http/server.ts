// An HTTP server with Varve's limits, errors, metrics and drain. Routes are added to `app`; what a
// handler throws becomes the answer. Bodies are never read unless a handler calls `readBody`.
// Invariant: after `drain` no request is under way and no connection is open.

import { createServer, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify';
import { VarveError } from '../errors/varve-error.ts';
import type { Logger } from '../observe/logger.ts';
import type { MetricStore } from '../observe/metric-store.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Timers } from '../runtime/timers.ts';
import { errorAnswer, isBug } from './error-answer.ts';
import { BODY_DISCARDED_BYTES_MAX, HTTP_LIMITS, type HttpLimits } from './limits.ts';
import { type Listen, listenOnSocket } from './listen.ts';
import { formatListenAddress, type ListenAddress } from './listen-address.ts';
import { declaredBytes, discardBody } from './read-body.ts';
import { addRequestMetrics, countUnparsed } from './request-metrics.ts';
import { RouteTable } from './route-table.ts';

/** What a server needs. */
export interface HttpServerOptions {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
  readonly metrics: MetricStore;
  /** `listenOnSocket` unless given. */
  readonly listen?: Listen;
  /** What differs from HTTP_LIMITS. */
  readonly limits?: Partial<HttpLimits>;
}

/** One listener. A simulation uses `app.inject` and never listens. */
export class HttpServer {
  readonly app: FastifyInstance;
  readonly #options: HttpServerOptions;
  readonly #limits: HttpLimits;
  readonly #server: Server;
  /** Connections that have not sent a request yet; Node does not count them as idle. */
  readonly #unused = new Set<Socket>();
  #draining = false;

  constructor(options: HttpServerOptions) {
    this.#options = options;
    this.#limits = { ...HTTP_LIMITS, ...options.limits };
    const server = makeNodeServer(this.#limits);
    this.#server = server;
    this.app = fastify({
      serverFactory: (handler) => server.on('request', handler),
      logger: false,
      return503OnClosing: false, // handlers answer by themselves while draining
      routerOptions: { maxParamLength: this.#limits.pathParameterMax },
      clientErrorHandler: (error, socket) => this.#refuse(error, socket),
      frameworkErrors: (thrown, _request, reply) => answerError(reply, thrown),
    });
    server.on('connection', (socket) => {
      this.#unused.add(socket);
      socket.once('close', () => this.#unused.delete(socket));
    });
    server.on('request', ({ socket }) => this.#unused.delete(socket));
    this.#addRules();
  }

  /** Starts listening and returns where; `bad_config` when the address cannot be used. */
  async listen(address: ListenAddress): Promise<ListenAddress> {
    await this.app.ready();
    const bound = await (this.#options.listen ?? listenOnSocket)(this.#server, address);
    this.#options.logger.info('listening', { address: formatListenAddress(bound) });
    return bound;
  }

  /**
   * Takes no new connections, lets requests under way finish, closes connections as they fall idle.
   * False when some did not finish in time and were cut off.
   */
  async drain(): Promise<boolean> {
    this.#draining = true;
    let inTime = true;
    if (this.#server.listening) {
      const closed = new Promise<void>((resolve) => {
        this.#server.close(() => resolve());
      });
      this.#server.closeIdleConnections();
      for (const socket of this.#unused) socket.destroy();
      const cancel = this.#options.timers.after(this.#limits.drainTimeoutMs, () => {
        inTime = false;
        this.#options.logger.warn('requests did not finish in time, closing their connections');
        this.#server.closeAllConnections();
      });
      await closed;
      cancel();
    }
    await this.app.close();
    return inTime;
  }

  #addRules(): void {
    const { app } = this;
    const routes = new RouteTable();
    app.addHook('onRoute', ({ url, method }) => routes.add(url, [method].flat()));
    addRequestMetrics(app, this.#options);
    app.addHook('onSend', (request, reply, payload, done) => {
      const isMuch = hasMuchLeft(request);
      if (this.#draining || isMuch) reply.header('connection', 'close');
      if (isMuch) done(null, payload);
      else discardBody(request.raw, () => done(null, payload));
    });
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('*', (_request, _payload, done) => done(null, undefined));
    app.setErrorHandler((thrown, request, reply) => {
      if (isBug(thrown)) this.#logBug(thrown, request);
      return answerError(reply, thrown);
    });
    app.setNotFoundHandler((request, reply) => {
      const [path = ''] = request.url.split('?', 1);
      const allowed = routes.allowed(path);
      if (allowed.length === 0) {
        return answerError(reply, new VarveError('not_found', 'there is no such path'));
      }
      reply.header('allow', allowed.join(', '));
      const message = `this path takes ${allowed.join(', ')} only`;
      return answerError(reply, new VarveError('method_not_allowed', message));
    });
  }

  #logBug(thrown: unknown, request: FastifyRequest): void {
    const err = thrown instanceof Error ? thrown : new Error(String(thrown));
    const handler = request.routeOptions.url ?? 'other';
    this.#options.logger.error('request failed by an error in Varve', { handler, err });
  }

  /**
   * The parser or a timeout refused what came; nothing further on this connection is to be trusted.
   */
  #refuse(error: NodeJS.ErrnoException, socket: Socket): void {
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy();
      return;
    }
    const [status, reason] = UNPARSED[error.code ?? ''] ?? [400, 'Bad Request'];
    countUnparsed(this.#options.metrics, status);
    const head = [
      `HTTP/1.1 ${status} ${reason}`,
      'Connection: close',
      'Content-Type: text/plain',
      `Content-Length: ${reason.length + 1}`,
    ];
    socket.end(`${head.join('\r\n')}\r\n\r\n${reason}\n`);
    socket.destroySoon();
  }
}

const UNPARSED: Readonly<Record<string, readonly [number, string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'Request Timeout'],
  HPE_HEADER_OVERFLOW: [431, 'Request Header Fields Too Large'],
};

function makeNodeServer(limits: HttpLimits): Server {
  const server = createServer({
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    connectionsCheckingInterval: limits.connectionsCheckingIntervalMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    maxHeaderSize: limits.headerBytesMax,
    keepAlive: true, // TCP's: finds out about senders that vanished
    noDelay: true,
    insecureHTTPParser: false,
  });
  server.maxConnections = limits.connectionsMax;
  return server;
}

function answerError(reply: FastifyReply, thrown: unknown): FastifyReply {
  const { status, headers, body } = errorAnswer(thrown);
  return reply.code(status).headers(headers).send(body);
}

/**
 * True when an answer goes out before so much of the body has come that it is not worth reading.
 */
function hasMuchLeft({ raw }: FastifyRequest): boolean {
  return !raw.readableEnded && (declaredBytes(raw) ?? 0) > BODY_DISCARDED_BYTES_MAX;
}
