// Liveness and readiness, in the spellings of Prometheus, Thanos, Mimir and VictoriaMetrics.

import type { FastifyInstance } from 'fastify';

/** Who knows whether the gateway is ready. */
export interface HealthSource {
  /** What is still to come before (or has ended) readiness; empty when ready. */
  waitingFor(): readonly string[];
}

/**
 * `/-/healthy` answers while the process lives; `/-/ready` says 503 while replaying and draining.
 */
export function registerHealthRoutes(app: FastifyInstance, source: HealthSource): void {
  for (const url of ['/-/healthy', '/health']) {
    app.route({
      method: ['GET', 'HEAD'],
      url,
      handler: (_request, reply) =>
        reply.type('text/plain; charset=utf-8').send('Varve is Healthy.\n'),
    });
  }
  for (const url of ['/-/ready', '/ready']) {
    app.route({
      method: ['GET', 'HEAD'],
      url,
      handler: (_request, reply) => {
        const waiting = source.waitingFor();
        const ready = waiting.length === 0;
        const text = ready ? 'Varve is Ready.\n' : `Varve is not ready: ${waiting.join(', ')}.\n`;
        return reply
          .code(ready ? 200 : 503)
          .type('text/plain; charset=utf-8')
          .send(text);
      },
    });
  }
}
