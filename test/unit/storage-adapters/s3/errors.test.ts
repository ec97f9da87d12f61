import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { VarveError } from '../../../../src/base/errors/varve-error.ts';
import {
  asS3Error,
  isUnknownRequest,
  isVagueAbsence,
} from '../../../../storage-adapters/s3/errors.ts';

const request = {
  operation: 'PutObject',
  key: 'a/b',
  name: 's3:bucket',
  conditional: false,
  ofObject: false,
};

interface Answer {
  readonly headers?: Readonly<Record<string, string>>;
  readonly message?: string;
}

function answer(name: string, status: number, { headers = {}, message = 'said' }: Answer = {}) {
  const $metadata = { httpStatusCode: status, requestId: 'REQ' };
  return Object.assign(new Error(message), { name, $metadata, $response: { headers } });
}

const codeOf = (name: string, status: number, other: Partial<typeof request> = {}) =>
  asS3Error(answer(name, status), { ...request, ...other }).code;

describe('codes', () => {
  test.each([
    ['AccessDenied', 403, 'store_denied'],
    ['ExpiredToken', 400, 'store_denied'],
    ['AuthorizationHeaderMalformed', 400, 'store_denied'],
    ['PermanentRedirect', 301, 'store_denied'],
    ['NoSuchBucket', 404, 'store_denied'],
    ['SlowDown', 503, 'store_throttled'],
    ['TooManyRequests', 429, 'store_throttled'],
    ['BadDigest', 400, 'damaged_object'],
    ['XAmzContentSHA256Mismatch', 400, 'damaged_object'],
    ['InvalidRange', 416, 'bad_parameter'],
    ['413', 413, 'bad_parameter'], // a proxy's: it stands in the way of this object only
    ['InternalError', 500, 'store_unavailable'],
    ['InternalError', 200, 'store_unavailable'],
    ['RequestTimeout', 400, 'store_unavailable'],
    ['NoSuchUpload', 404, 'store_unavailable'],
    ['PreconditionFailed', 412, 'store_unavailable'],
    ['OperationAborted', 409, 'store_unavailable'],
  ])('%s, %i is %s', (name, status, code) => {
    expect(codeOf(name, status)).toBe(code);
  });

  test('a condition that does not hold is a conflict where one was set', () => {
    const conditional = { conditional: true };
    expect(codeOf('PreconditionFailed', 412, conditional)).toBe('already_exists');
    expect(codeOf('ConditionalRequestConflict', 409, conditional)).toBe('already_exists');
    expect(codeOf('OperationAborted', 409, conditional)).toBe('store_unavailable');
    // S3 answers If-Match on an object that is gone so.
    expect(codeOf('NoSuchKey', 404, conditional)).toBe('already_exists');
    expect(codeOf('NoSuchUpload', 404, conditional)).toBe('store_unavailable');
  });

  test('an absent object is one where an object was asked for', () => {
    const ofObject = { ofObject: true };
    expect(codeOf('NotFound', 404, ofObject)).toBe('not_found');
    expect(codeOf('NoSuchBucket', 404, ofObject)).toBe('store_denied');
    expect(isVagueAbsence(asS3Error(answer('NotFound', 404), { ...request, ...ofObject }))).toBe(
      true,
    );
    expect(isVagueAbsence(asS3Error(answer('NoSuchKey', 404), { ...request, ...ofObject }))).toBe(
      false,
    );
  });

  test('a failure without an answer is transient, missing credentials are not', () => {
    const reset = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
    expect(asS3Error(reset, request)).toMatchObject({
      code: 'store_unavailable',
      message: 'PutObject of a/b in s3:bucket: no answer: read ECONNRESET',
    });
    const none = Object.assign(new Error('none'), { name: 'CredentialsProviderError' });
    expect(asS3Error(none, request).code).toBe('store_denied');
  });

  test('nothing of the request is kept: its headers have secrets', () => {
    const secret = Object.assign(answer('SlowDown', 503), { $response: { req: 'a-secret' } });
    const error = asS3Error(secret, request);
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('a-secret');
    expect(error.cause).toMatchObject({ name: 'SlowDown', $metadata: { httpStatusCode: 503 } });
  });

  test('ours pass through, what is neither is our bug', () => {
    const ours = new VarveError('disk_failed', 'x');
    expect(asS3Error(ours, request)).toBe(ours);
    expect(asS3Error(new TypeError('x is not a function'), request).code).toBe('internal');
  });
});

describe('messages', () => {
  test("name operation, key, bucket, the store's code and the request", () => {
    const error = asS3Error(answer('AccessDenied', 403, { message: 'no\nway' }), request);
    expect(error.message).toBe(
      'PutObject of a/b in s3:bucket: 403 AccessDenied: no�way, request id REQ',
    );
  });

  test('say what helps', () => {
    const headers = { 'x-amz-bucket-region': 'eu-west-1' };
    const error = asS3Error(answer('PermanentRedirect', 301, { headers }), request);
    expect(error.message).toContain('another region; set region and endpoint (its region is eu-w');
    const missing = asS3Error(answer('NoSuchBucket', 404), request).message;
    expect(missing).toContain('the bucket does not exist; create it');
  });

  test('Retry-After in seconds is handed on', () => {
    const seconds = (value: string) =>
      asS3Error(answer('SlowDown', 503, { headers: { 'retry-after': value } }), request)
        .retryAfterSeconds;
    expect([seconds('7'), seconds('99999'), seconds('Fri, 31 Dec 1999 23:59:59 GMT')]).toEqual([
      7,
      3600,
      undefined,
    ]);
  });
});

test('a request that the store does not have', () => {
  expect(isUnknownRequest(asS3Error(answer('NotImplemented', 501), request))).toBe(true);
  expect(isUnknownRequest(asS3Error(answer('MethodNotAllowed', 405), request))).toBe(true);
  expect(isUnknownRequest(asS3Error(answer('InternalError', 500), request))).toBe(false);
});
