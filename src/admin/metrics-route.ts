// GET /metrics, in the text format or OpenMetrics by the Accept header.

import type { FastifyInstance } from 'fastify';
import type { MetricRegistry } from '../base/observe/registry.ts';

/** Adds the route. */
export function registerMetricsRoute(app: FastifyInstance, registry: MetricRegistry): void {
  app.get('/metrics', async (request, reply) => {
    const { contentType, body } = await registry.scrape(request.headers.accept);
    return reply.header('content-type', contentType).send(body);
  });
}
