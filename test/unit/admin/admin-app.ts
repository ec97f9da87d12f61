// A server that never listens, for tests of routes: ask it with `inject`.

import type { FastifyInstance } from 'fastify';
import { HttpServer } from '../../../src/base/http/server.ts';
import { MetricStore } from '../../../src/base/observe/metric-store.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { MemoryLogger } from '../../support/memory-logger.ts';

export function adminApp(): FastifyInstance {
  const clock = new ManualClock();
  const logger = new MemoryLogger();
  return new HttpServer({ clock, timers: clock, logger, metrics: new MetricStore() }).app;
}
