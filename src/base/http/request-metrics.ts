// Counts and times requests, with label values from fixed sets only (client_golang had an advisory
// for the lack of it, CVE-2022-21698): who sends odd methods or paths must not make our metrics
// grow.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { MetricStore } from '../observe/metric-store.ts';
import type { Clock } from '../runtime/clock.ts';
import { declaredBytes, receivedBytes } from './read-body.ts';

const METHODS = new Set(['get', 'head', 'post', 'put', 'delete', 'options', 'patch']);

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route in the `handler` label of metrics, as Thanos names it; its path otherwise. */
    handler?: string;
  }
}

/** Where the counting goes. */
export interface RequestMetricsOptions {
  readonly clock: Clock;
  readonly metrics: MetricStore;
}

/**
 * Adds the hook that counts every request that reaches the router, also those it has no route for.
 */
export function addRequestMetrics(app: FastifyInstance, options: RequestMetricsOptions): void {
  const { clock, metrics } = options;
  app.addHook('onRequest', (request, reply, done) => {
    const startMs = clock.monotonicMs();
    const method = methodLabel(request.method);
    const handler = handlerLabel(request);
    const inflight = metrics.gauge('varve_http_inflight_requests', { handler, method });
    inflight.add(1);
    onceOver(reply, () => {
      inflight.add(-1);
      const labels = { code: codeLabel(reply), handler, method };
      metrics.counter('varve_http_requests_total', labels).add();
      const seconds = (clock.monotonicMs() - startMs) / 1000;
      metrics.histogram('varve_http_request_duration_seconds', labels).observe(seconds);
      const bytes = receivedBytes(request.raw) ?? declaredBytes(request.raw) ?? 0;
      metrics.histogram('varve_http_request_size_bytes', labels).observe(bytes);
    });
    done();
  });
}

/** Counts a request that the HTTP parser refused. */
export function countUnparsed(metrics: MetricStore, status: number): void {
  const labels = { code: String(status), handler: 'other', method: 'other' };
  metrics.counter('varve_http_requests_total', labels).add();
}

function methodLabel(method: string): string {
  const lower = method.toLowerCase();
  return METHODS.has(lower) ? lower : 'other';
}

function handlerLabel(request: FastifyRequest): string {
  const { config, url } = request.routeOptions;
  return config?.handler ?? url ?? 'other';
}

/** nginx's 499 for a sender that went away before the answer. */
function codeLabel(reply: FastifyReply): string {
  return reply.raw.writableEnded ? String(reply.raw.statusCode) : '499';
}

/** Calls `run` when the answer has been sent or the connection has gone, whichever is first. */
function onceOver(reply: FastifyReply, run: () => void): void {
  let over = false;
  const once = (): void => {
    if (!over) run();
    over = true;
  };
  reply.raw.once('finish', once).once('close', once);
}
