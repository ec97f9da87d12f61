// A logger that remembers, for tests.

import type { LogFields, Logger, LogLevel } from '../../src/base/observe/logger.ts';

/** One message. */
export interface LogRecord {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: LogFields;
}

/** Keeps what was logged, also through its children, in `records`. */
export class MemoryLogger implements Logger {
  readonly records: LogRecord[];
  readonly #fields: LogFields;

  constructor(records: LogRecord[] = [], fields: LogFields = {}) {
    this.records = records;
    this.#fields = fields;
  }

  debug(message: string, fields: LogFields = {}): void {
    this.#keep('debug', message, fields);
  }

  info(message: string, fields: LogFields = {}): void {
    this.#keep('info', message, fields);
  }

  warn(message: string, fields: LogFields = {}): void {
    this.#keep('warn', message, fields);
  }

  error(message: string, fields: LogFields = {}): void {
    this.#keep('error', message, fields);
  }

  child(fields: LogFields): Logger {
    return new MemoryLogger(this.records, { ...this.#fields, ...fields });
  }

  #keep(level: LogLevel, message: string, fields: LogFields): void {
    this.records.push({ level, message, fields: { ...this.#fields, ...fields } });
  }
}
