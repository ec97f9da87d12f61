// What every thread tells of itself with: its logger and its metrics, the one counted in the other.

import type { Clock } from '../runtime/clock.ts';
import type { Logger } from './logger.ts';
import { MetricStore } from './metric-store.ts';
import { type LoggerOptions, makeLogger } from './node-logger.ts';

/** A thread's own. */
export interface ThreadTools {
  readonly logger: Logger;
  readonly metrics: MetricStore;
}

/** Makes them; `component` stands in every line that the thread logs, unless it is empty. */
export function threadTools(
  component: string,
  options: Pick<LoggerOptions, 'level' | 'format' | 'before'>,
  clock: Clock,
): ThreadTools {
  const metrics = new MetricStore();
  const onMessage: LoggerOptions['onMessage'] = (level) =>
    metrics.counter('varve_log_messages_total', { level }).add();
  const logger = makeLogger({ ...options, clock, onMessage });
  return { metrics, logger: component === '' ? logger : logger.child({ component }) };
}
