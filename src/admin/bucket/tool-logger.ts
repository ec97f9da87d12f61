// What there is to say while a tool runs, as lines on standard error: what the store warns of, and
// the audit of marks. A tool has no log.

import type { LogFields, Logger } from '../../base/observe/logger.ts';

/** A logger whose messages are lines for `err` from the level info on. */
export function auditLogger(err: (line: string) => void, always: LogFields = {}): Logger {
  const { warn: line, ...rest } = toolLogger(err, always);
  return {
    ...rest,
    warn: line,
    info: line,
    child: (more) => auditLogger(err, { ...always, ...more }),
  };
}

/** A logger whose warnings and errors are lines for `err`. */
export function toolLogger(err: (line: string) => void, always: LogFields = {}): Logger {
  const line = (message: string, fields: LogFields = {}): void => {
    const shown = Object.entries({ ...always, ...fields })
      .filter(([, value]) => value !== undefined && value !== '')
      .map(([name, value]) => `${name} ${value instanceof Error ? value.message : value}`);
    err(shown.length === 0 ? message : `${message} (${shown.join(', ')})`);
  };
  return {
    debug: () => {},
    info: () => {},
    warn: line,
    error: line,
    child: (fields) => toolLogger(err, { ...always, ...fields }),
  };
}
