// What S3 says, as what the caller of a bucket must do about it. S3's own codes go first, the HTTP
// status decides where they say nothing (a HEAD has no body); a failure without an answer is
// transient.

import type { ErrorCode } from '../../src/base/errors/catalogue.ts';
import { printable } from '../../src/base/errors/printable.ts';
import { asVarveError, VarveError } from '../../src/base/errors/varve-error.ts';
import { codeOfStatus } from '../http-status.ts';

/** The request that failed, for the message. */
export interface FailedRequest {
  /** S3's name of it. */
  readonly operation: string;
  /** Undefined: the request was about the bucket. */
  readonly key: string | undefined;
  /** The bucket's name for people. */
  readonly name: string;
  /** The request was a put with a condition. */
  readonly conditional: boolean;
  /** An answer 404 says that there is no such object. */
  readonly ofObject: boolean;
}

const MESSAGE_BYTES_MAX = 300;
const RETRY_AFTER_SECONDS_MAX = 3600;

/** Codes that say more than their status, or something else. */
const BY_NAME: Readonly<Record<string, ErrorCode>> = {
  // 404, but nothing that asks for an object may take it for an answer.
  NoSuchBucket: 'store_denied',
  // 400 and 301: only other credentials or another configuration help.
  AuthorizationHeaderMalformed: 'store_denied',
  CredentialsProviderError: 'store_denied',
  ExpiredToken: 'store_denied',
  InvalidToken: 'store_denied',
  PermanentRedirect: 'store_denied',
  TokenProviderError: 'store_denied',
  TokenRefreshRequired: 'store_denied',
  // What arrived is not what was sent.
  BadDigest: 'damaged_object',
  InvalidDigest: 'damaged_object',
  XAmzContentChecksumMismatch: 'damaged_object',
  XAmzContentSHA256Mismatch: 'damaged_object',
  EntityTooLarge: 'bad_parameter',
  KeyTooLongError: 'bad_parameter',
  InvalidRange: 'bad_parameter',
  PreconditionFailed: 'already_exists',
  ConditionalRequestConflict: 'already_exists',
  // 409: another request on the same thing is under way.
  OperationAborted: 'store_unavailable',
  RequestTimeout: 'store_unavailable',
  RequestLimitExceeded: 'store_throttled',
  SlowDown: 'store_throttled',
  ThrottledException: 'store_throttled',
  Throttling: 'store_throttled',
  ThrottlingException: 'store_throttled',
  TooManyRequests: 'store_throttled',
};

/** What some codes mean in practice. */
const HINTS: Readonly<Record<string, string>> = {
  NoSuchBucket: 'the bucket does not exist; create it, or correct bucket and endpoint',
  AuthorizationHeaderMalformed: 'the region is probably wrong',
  PermanentRedirect: 'the bucket is in another region; set region and endpoint',
  RequestTimeTooSkewed: 'the clock of this machine is wrong',
  SignatureDoesNotMatch: 'the secret key is probably wrong',
};

/** The parts of an error of the SDK that are looked at. */
interface SdkError {
  readonly name: string;
  readonly message: string;
  readonly code?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string };
  readonly $response?: { readonly headers?: Readonly<Record<string, string>> };
}

/** The error of a request that failed, whatever the SDK threw. Ours pass through. */
export function asS3Error(thrown: unknown, request: FailedRequest): VarveError {
  if (thrown instanceof VarveError) return thrown;
  if (!(thrown instanceof Error)) return asVarveError(thrown);
  const error: SdkError = thrown;
  const code = codeOf(error, request);
  if (code === undefined) return asVarveError(thrown);
  const retryAfterSeconds = retryAfter(error);
  return new VarveError(code, messageOf(error, request), {
    cause: bare(error),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  });
}

/**
 * What is kept of the SDK's error: the rest of it leads to the request, whose headers have
 * signature, session token and encryption key, and to its socket.
 */
function bare({ name, message, $metadata = {} }: SdkError): Error {
  const { httpStatusCode, requestId } = $metadata;
  const kept = new Error(printable(message, MESSAGE_BYTES_MAX));
  return Object.assign(kept, { name, $metadata: { httpStatusCode, requestId } });
}

/** Undefined: not of the store's or the network's making. */
function codeOf(error: SdkError, request: FailedRequest): ErrorCode | undefined {
  const status = error.$metadata?.httpStatusCode;
  const named = Object.hasOwn(BY_NAME, error.name) ? BY_NAME[error.name] : undefined;
  if (named === 'already_exists') return request.conditional ? named : 'store_unavailable';
  if (named !== undefined) return named;
  if (status === undefined) {
    const isNetwork = typeof error.code === 'string' || error.name === 'TimeoutError';
    return isNetwork ? 'store_unavailable' : undefined;
  }
  if (status < 300) return 'store_unavailable'; // an error, or garbage, behind a status of success
  const code = codeOfStatus(status);
  if (code === 'already_exists' && !request.conditional) return 'store_unavailable';
  if (code !== 'not_found') return code;
  if (request.ofObject) return code;
  // The version to be replaced is gone; else an upload that is not known any more, or a proxy.
  return request.conditional && error.name === 'NoSuchKey' ? 'already_exists' : 'store_unavailable';
}

function messageOf(error: SdkError, { operation, key, name }: FailedRequest): string {
  const { httpStatusCode: status, requestId } = error.$metadata ?? {};
  const what = key === undefined ? `${operation} in ${name}` : `${operation} of ${key} in ${name}`;
  const hint = Object.hasOwn(HINTS, error.name) ? HINTS[error.name] : undefined;
  const said = hint ?? (printable(error.message, MESSAGE_BYTES_MAX) || 'no message');
  if (status === undefined) return `${what}: no answer: ${said}`;
  const id = requestId === undefined ? '' : `, request id ${printable(requestId, 100)}`;
  const region = error.$response?.headers?.['x-amz-bucket-region'];
  const where = region === undefined ? '' : ` (its region is ${printable(region, 50)})`;
  return `${what}: ${status} ${printable(error.name, 100)}: ${said}${where}${id}`;
}

/** Seconds; a date in their place is not looked at. */
function retryAfter(error: SdkError): number | undefined {
  const written = error.$response?.headers?.['retry-after'];
  if (written === undefined || !/^\d{1,9}$/.test(written)) return undefined;
  return Math.min(Number(written), RETRY_AFTER_SECONDS_MAX);
}

/** True for "there is no such object" that could as well mean that there is no such bucket. */
export function isVagueAbsence(thrown: unknown): boolean {
  if (!(thrown instanceof VarveError) || thrown.code !== 'not_found') return false;
  return !(thrown.cause instanceof Error && thrown.cause.name === 'NoSuchKey');
}

/** True when the store says that it does not have such a request at all. */
export function isUnknownRequest(error: VarveError): boolean {
  const cause = error.cause as SdkError | undefined;
  const status = cause?.$metadata?.httpStatusCode;
  return status === 501 || status === 405 || cause?.name === 'NotImplemented';
}
