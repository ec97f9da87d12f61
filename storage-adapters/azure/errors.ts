// What Azure Blob storage says no with, as what the caller of a bucket must do about it.
//
// Invariant: "no such container" is never `not_found`, which callers read as "no such object".
// Azure's own messages are not passed on: they may quote what was signed.

import type { ErrorCode } from '../../src/base/errors/catalogue.ts';
import { printable } from '../../src/base/errors/printable.ts';
import { VarveError } from '../../src/base/errors/varve-error.ts';
import { codeOfStatus } from '../http-status.ts';

/** What was being asked when the store said no. */
export interface AzureAsked {
  /** For messages: container, operation, key. */
  readonly doing: string;
  /** True where a condition was set that can fail. */
  readonly conditional: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Codes that say more than their status does (learn.microsoft.com, Blob service error codes). */
const BY_CODE: Readonly<Record<string, ErrorCode>> = {
  AccountIsDisabled: 'store_denied',
  BlobArchived: 'store_denied',
  BlobImmutableDueToPolicy: 'store_denied',
  ContainerBeingDeleted: 'store_unavailable',
  ContainerDisabled: 'store_denied',
  ContainerNotFound: 'store_denied',
  Crc64Mismatch: 'damaged_object',
  // Another upload of the same object was finished meanwhile, and took the blocks with it.
  InvalidBlockList: 'store_unavailable',
  Md5Mismatch: 'damaged_object',
};

/** Any failure of a call of the SDK. A signal's reason comes out as it is. */
export function azureError(thrown: unknown, asked: AzureAsked): unknown {
  if (asked.signal?.aborted === true) return asked.signal.reason;
  if (thrown instanceof VarveError) return withPlace(thrown, asked.doing);
  if (isSignInError(thrown)) return signInError(thrown, asked.doing);
  const { status, code, retryAfter } = readError(thrown);
  const options = retryAfter === undefined ? {} : { retryAfterSeconds: retryAfter };
  if (status === undefined) {
    const what = `the answer could not be read: ${printable(code)}`;
    return new VarveError('store_unavailable', `${asked.doing}: ${what}`);
  }
  const said =
    code === 'ContainerNotFound'
      ? 'the container does not exist'
      : `the store answered ${status} ${printable(code)}`.trimEnd();
  return new VarveError(codeOf(status, code, asked), `${asked.doing}: ${said}`, options);
}

/** True for "no such container". */
export function isContainerMissing(thrown: unknown): boolean {
  return isRestError(thrown) && readError(thrown).code === 'ContainerNotFound';
}

function codeOf(status: number, code: string, { conditional }: AzureAsked): ErrorCode {
  const known = BY_CODE[code];
  if (known !== undefined) return known;
  // Azure says "there is none" to a write that asks for a version of what is not there.
  const failed = status === 412 || status === 404 || code === 'BlobAlreadyExists';
  if (conditional && failed) return 'already_exists';
  // Nobody asked: the object is leased, or being copied. The same again may succeed.
  if (status === 409 || status === 412) return 'store_unavailable';
  return codeOfStatus(status);
}

interface RestErrorLike {
  readonly code?: unknown;
  readonly statusCode?: number;
  readonly details?: { readonly errorCode?: unknown };
  readonly response?: { readonly headers?: { get(name: string): string | undefined } };
}

function isRestError(thrown: unknown): thrown is RestErrorLike {
  return thrown instanceof Error && thrown.name === 'RestError';
}

function readError(thrown: unknown): {
  readonly status: number | undefined;
  readonly code: string;
  readonly retryAfter: number | undefined;
} {
  if (!isRestError(thrown)) {
    const name = thrown instanceof Error ? thrown.name : typeof thrown;
    return { status: undefined, code: name, retryAfter: undefined };
  }
  const headers = thrown.response?.headers;
  const code = headers?.get('x-ms-error-code') ?? thrown.details?.errorCode ?? thrown.code ?? '';
  const wait = headers?.get('retry-after') ?? '';
  const retryAfter = /^\d{1,6}$/.test(wait) ? Number(wait) : undefined;
  return { status: thrown.statusCode, code: String(code), retryAfter };
}

/** Errors of @azure/identity: it fetches tokens from another service than the store. */
function isSignInError(thrown: unknown): thrown is Error {
  return (
    thrown instanceof Error &&
    /^(CredentialUnavailable|(Aggregate)?Authentication(Required)?)Error$/.test(thrown.name)
  );
}

function signInError(thrown: Error, doing: string): VarveError {
  const { statusCode } = thrown as { statusCode?: number };
  const code = (statusCode ?? 0) >= 500 ? 'store_unavailable' : 'store_denied';
  const detail = [thrown.name, statusCode].filter((part) => part !== undefined).join(' ');
  return new VarveError(code, `${doing}: signing in to Azure failed: ${detail}`);
}

function withPlace(error: VarveError, doing: string): VarveError {
  if (error.code !== 'store_unavailable') return error;
  return new VarveError(error.code, `${doing}: ${error.message}`, { cause: error });
}
