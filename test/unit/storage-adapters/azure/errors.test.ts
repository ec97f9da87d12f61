import { describe, expect, test } from 'vitest';
import { VarveError } from '../../../../src/base/errors/varve-error.ts';
import { azureError, isContainerMissing } from '../../../../storage-adapters/azure/errors.ts';

const ASKED = { doing: 'azure:c: Put Blob of k', conditional: false };

/** As the SDK throws it. */
function restError(statusCode: number, code: string, headers: Record<string, string> = {}) {
  const all: Record<string, string> = { 'x-ms-error-code': code, ...headers };
  const error = new Error(`a message that quotes sig=secret\nRequestId: ${code}`);
  error.name = 'RestError';
  return Object.assign(error, {
    statusCode,
    code,
    response: { headers: { get: (name: string) => all[name] } },
  });
}

describe('a failure of the SDK', () => {
  test.each<[number, string, string]>([
    [404, 'BlobNotFound', 'not_found'],
    [404, 'ContainerNotFound', 'store_denied'],
    [403, 'AuthenticationFailed', 'store_denied'],
    [403, 'AuthorizationPermissionMismatch', 'store_denied'],
    [409, 'BlobImmutableDueToPolicy', 'store_denied'],
    [409, 'ContainerBeingDeleted', 'store_unavailable'],
    [409, 'PendingCopyOperation', 'store_unavailable'],
    [412, 'LeaseIdMissing', 'store_unavailable'],
    [400, 'InvalidBlockList', 'store_unavailable'],
    [400, 'Md5Mismatch', 'damaged_object'],
    [416, 'InvalidRange', 'bad_parameter'],
    [429, 'TooManyRequests', 'store_throttled'],
    [503, 'ServerBusy', 'store_throttled'],
    [500, 'OperationTimedOut', 'store_unavailable'],
  ])('%i %s is %s', (status, code, expected) => {
    const error = azureError(restError(status, code), ASKED) as VarveError;
    expect([error.code, error.cause]).toEqual([expected, undefined]);
    expect(error.message).toMatch(/^azure:c: Put Blob of k: /);
    expect(error.message).not.toContain('secret');
  });

  test.each<[number, string]>([
    [412, 'ConditionNotMet'],
    [409, 'BlobAlreadyExists'],
    [404, 'BlobNotFound'],
  ])('%i %s is a condition that does not hold, where one was set', (status, code) => {
    const error = azureError(restError(status, code), { ...ASKED, conditional: true });
    expect(error).toMatchObject({ code: 'already_exists' });
  });

  test('a missing container is said, whatever was asked', () => {
    const thrown = restError(404, 'ContainerNotFound');
    expect(isContainerMissing(thrown)).toBe(true);
    expect(isContainerMissing(restError(404, 'BlobNotFound'))).toBe(false);
    expect(azureError(thrown, { ...ASKED, conditional: true })).toMatchObject({
      code: 'store_denied',
      message: 'azure:c: Put Blob of k: the container does not exist',
    });
  });

  test('how long to wait', () => {
    const error = azureError(restError(503, 'ServerBusy', { 'retry-after': '9' }), ASKED);
    expect(error).toMatchObject({ retryAfterSeconds: 9 });
  });

  test('a signal that has fired is the reason, whatever came of it', () => {
    const reason = new Error('given up');
    const signal = AbortSignal.abort(reason);
    expect(azureError(restError(500, 'x'), { ...ASKED, signal })).toBe(reason);
  });

  test('errors of ours stay what they are; those of the connection get the place', () => {
    const source = new VarveError('disk_failed', 'the source broke');
    expect(azureError(source, ASKED)).toBe(source);
    const connection = new VarveError('store_unavailable', 'host: ECONNRESET');
    expect(azureError(connection, ASKED)).toMatchObject({
      code: 'store_unavailable',
      message: 'azure:c: Put Blob of k: host: ECONNRESET',
    });
  });

  test('signing in that fails is store_denied, an outage of it is not', () => {
    const named = (name: string, more = {}) =>
      Object.assign(new Error('client_secret=secret'), { name, ...more });
    expect(azureError(named('AuthenticationError', { statusCode: 401 }), ASKED)).toMatchObject({
      code: 'store_denied',
      message: 'azure:c: Put Blob of k: signing in to Azure failed: AuthenticationError 401',
    });
    const down = azureError(named('AuthenticationError', { statusCode: 503 }), ASKED);
    expect(down).toMatchObject({ code: 'store_unavailable' });
    const none = azureError(named('CredentialUnavailableError'), ASKED);
    expect(none).toMatchObject({ code: 'store_denied' });
  });

  test('what cannot be read is store_unavailable, and not quoted', () => {
    const error = azureError(new RangeError('secret'), ASKED) as VarveError;
    expect(error.message).toBe('azure:c: Put Blob of k: the answer could not be read: RangeError');
    expect(error.code).toBe('store_unavailable');
  });
});
