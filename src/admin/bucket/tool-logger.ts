// What the store has to say while a tool runs, as lines on standard error: warnings and errors. A
// tool has no log.

import type { LogFields, Logger } from '../../base/observe/logger.ts';

/** A logger whose warnings and errors are lines for `err`. */
export function toolLogger(err: (line: string) => void, always: LogFields = {}): Logger {
  const line = (message: string, fields: LogFields = {}): void => {
    const shown = Object.entries({ ...always, ...fields })
      .filter(([, value]) => value !== undefined)
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
