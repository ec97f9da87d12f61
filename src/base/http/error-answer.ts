// From an error to what the sender gets: the one table to HTTP is the error catalogue.

import { printable } from '../errors/printable.ts';
import { VarveError } from '../errors/varve-error.ts';
import { ERROR_TEXT_BYTES_MAX, RETRY_AFTER_SECONDS } from './limits.ts';

/** An answer ready to be sent. */
export interface ErrorAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The answer for anything thrown; of our own bugs nothing is told but that there was one. */
export function errorAnswer(thrown: unknown): ErrorAnswer {
  const { status, message, retryAfterSeconds } = told(thrown);
  const headers: Record<string, string> = {
    'content-type': 'text/plain; charset=utf-8',
    'x-content-type-options': 'nosniff',
  };
  if (retryAfterSeconds !== undefined) headers['retry-after'] = String(retryAfterSeconds);
  return { status, headers, body: `${printable(message, ERROR_TEXT_BYTES_MAX - 1)}\n` };
}

/** True for what somebody has to look into. */
export function isBug(thrown: unknown): boolean {
  return thrown instanceof VarveError
    ? thrown.kind === 'bug'
    : frameworkStatus(thrown) === undefined;
}

interface Told {
  readonly status: number;
  readonly message: string;
  readonly retryAfterSeconds?: number;
}

function told(thrown: unknown): Told {
  const status = frameworkStatus(thrown);
  if (status !== undefined) return { status, message: (thrown as Error).message };
  if (!(thrown instanceof VarveError) || thrown.kind === 'bug') {
    return { status: 500, message: 'internal error; the log says more' };
  }
  const { message, httpStatus, retryAfterSeconds, kind } = thrown;
  const wait = retryAfterSeconds ?? (kind === 'not_now' ? RETRY_AFTER_SECONDS : undefined);
  const told = { status: httpStatus, message };
  return wait === undefined ? told : { ...told, retryAfterSeconds: Math.ceil(wait) };
}

/** Status of an error that the framework threw about the request (a path that is no URL, say). */
function frameworkStatus(thrown: unknown): number | undefined {
  if (!(thrown instanceof Error) || thrown instanceof VarveError) return undefined;
  const { code, statusCode } = thrown as Error & { code?: unknown; statusCode?: unknown };
  if (typeof code !== 'string' || !code.startsWith('FST_')) return undefined;
  const isRequests = typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500;
  return isRequests ? statusCode : undefined;
}
