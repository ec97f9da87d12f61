// Logging through pino, synchronously to stderr: what was logged before a crash or an exit has been
// written. File descriptors are the process's, so the same works in worker threads, line by line.

import { type DestinationStream, destination, type Logger as PinoLogger, pino } from 'pino';
import { VarveError } from '../errors/varve-error.ts';
import type { Clock } from '../runtime/clock.ts';
import { isoTime } from '../runtime/iso-time.ts';
import { logfmt } from './logfmt.ts';
import type { LogFields, Logger, LogLevel, LogValue } from './logger.ts';

const STDERR = 2;

/** How and what to log. */
export interface LoggerOptions {
  /** Messages below are dropped. */
  readonly level: LogLevel;
  readonly format: 'logfmt' | 'json';
  readonly clock: Clock;
  /** Written before each line: CLEAR_LINE where a progress line may stand (terminal-line.ts). */
  readonly before?: string;
  /** Takes whole lines; stderr by default. */
  readonly write?: (line: string) => void;
  /** Told of every message, dropped ones too; for counting. */
  readonly onMessage?: (level: LogLevel) => void;
}

/** The logger of this thread. */
export function makeLogger(options: LoggerOptions): Logger {
  const stream = destinationOf(options);
  const { clock } = options;
  const backend = pino(
    {
      level: options.level,
      base: null,
      formatters: { level: (label) => ({ level: label }) },
      timestamp: () => `,"time":"${isoTime(clock.nowMs())}"`,
    },
    options.format === 'json' ? stream : logfmtStream(stream),
  );
  return new NodeLogger(backend, {}, options.onMessage ?? (() => undefined));
}

function destinationOf(options: LoggerOptions): DestinationStream {
  const { before = '', write } = options;
  const stream = write === undefined ? destination({ dest: STDERR, sync: true }) : { write };
  return before === '' ? stream : { write: (line) => stream.write(before + line) };
}

/** Pino writes JSON; logging is rare enough to read it again. */
function logfmtStream(stream: DestinationStream): DestinationStream {
  return {
    write: (line) => {
      const { time, level, component, msg, ...rest }: Record<string, LogValue> = JSON.parse(line);
      const first = Object.entries({ time, level, component, msg });
      stream.write(`${logfmt([...first, ...Object.entries(rest)])}\n`);
    },
  };
}

class NodeLogger implements Logger {
  readonly #backend: PinoLogger;
  readonly #fields: LogFields;
  readonly #onMessage: (level: LogLevel) => void;

  constructor(backend: PinoLogger, fields: LogFields, onMessage: (level: LogLevel) => void) {
    this.#backend = backend;
    this.#fields = fields;
    this.#onMessage = onMessage;
  }

  debug(message: string, fields: LogFields = {}): void {
    this.#log('debug', message, fields);
  }

  info(message: string, fields: LogFields = {}): void {
    this.#log('info', message, fields);
  }

  warn(message: string, fields: LogFields = {}): void {
    this.#log('warn', message, fields);
  }

  error(message: string, fields: LogFields = {}): void {
    this.#log('error', message, fields);
  }

  child(fields: LogFields): Logger {
    return new NodeLogger(this.#backend, { ...this.#fields, ...fields }, this.#onMessage);
  }

  #log(level: LogLevel, message: string, fields: LogFields): void {
    this.#onMessage(level);
    if (!this.#backend.isLevelEnabled(level)) return;
    const shown = Object.entries({ ...this.#fields, ...fields }).map(
      ([name, value]) => [name, value instanceof Error ? errorText(value) : value] as const,
    );
    this.#backend[level](Object.fromEntries(shown), message);
  }
}

/** Code and message; an error of ours, which nobody expected, with its stack. */
function errorText(error: Error): string {
  if (!(error instanceof VarveError)) return error.stack ?? error.message;
  const stack =
    error.kind === 'bug' && error.cause instanceof Error ? error.cause.stack : undefined;
  return `${error.code}: ${stack ?? error.message}`;
}
