// Logging as the stages see it. The real one is in node-logger.ts.

/** What a field may hold. An error shows its code and message; undefined leaves the field out. */
export type LogValue = string | number | boolean | null | undefined | Error;

/** Named values beside a message; names in snake_case, with units (`duration_ms`, `size_bytes`). */
export type LogFields = Readonly<Record<string, LogValue>>;

/** Levels, the most talkative first. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;

export type LogLevel = (typeof LOG_LEVELS)[number];

/**
 * Writes messages. A message is a constant sentence without values; values are fields. What comes
 * from outside goes through `printable` first when it can be long.
 */
export interface Logger {
  /** What helps to follow one request or block. */
  debug(message: string, fields?: LogFields): void;
  /** What an operator wants to have seen later: started, cut, uploaded. */
  info(message: string, fields?: LogFields): void;
  /** Something is wrong that Varve deals with by itself. */
  warn(message: string, fields?: LogFields): void;
  /** Something is wrong that somebody has to look at. */
  error(message: string, fields?: LogFields): void;
  /** A logger whose every message has these fields too. */
  child(fields: LogFields): Logger;
}
