// The one error class. Its kind says what the caller must do, its code says exactly what happened;
// every code stands in the catalogue beside this file, which docs/operating/errors.md is made from.

import { ERROR_CATALOGUE, type ErrorCode, type ErrorKind } from './catalogue.ts';

export interface ErrorOptions {
  /** The error that led here; for logs, never shown to clients. */
  readonly cause?: unknown;
  /** Seconds after which a `not_now` may be tried again; sent as Retry-After. */
  readonly retryAfterSeconds?: number;
}

/** An error of the world's making (assertions are for ours): named, placed, and with a kind. */
export class VarveError extends Error {
  override readonly name = 'VarveError';
  readonly code: ErrorCode;
  readonly kind: ErrorKind;
  readonly retryAfterSeconds: number | undefined;

  /**
   * @param code which entry of the catalogue this is
   * @param message what, where and why, in one sentence without the code; safe to show to clients
   */
  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.kind = ERROR_CATALOGUE[code].kind;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }

  /** HTTP status by the catalogue. */
  get httpStatus(): number {
    return ERROR_CATALOGUE[this.code].httpStatus;
  }
}

/** Anything that was thrown, as a VarveError; what is not one already is our bug. */
export function asVarveError(thrown: unknown): VarveError {
  if (thrown instanceof VarveError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new VarveError('internal', message, { cause: thrown });
}
