import { describe, expect, test } from 'vitest';
import { gcsError } from '../../../../storage-adapters/gcs/errors.ts';

const ASKED = { doing: 'gcs:b: objects.get of k', ofBucket: false, conditional: false };

const answer = (status: number, body: string, headers = {}) => ({
  status,
  headers,
  body: (async function* () {
    yield Buffer.from(body);
  })(),
  endIsKnown: true,
  discard: () => undefined,
});

const json = (message: string, reason = '') =>
  JSON.stringify({ error: { message, errors: [{ reason, message }] } });

describe('an answer that is no success', () => {
  test.each<[string, number, string, string]>([
    ['an object that is not there', 404, json('No such object: b/k', 'notFound'), 'not_found'],
    ['the same for its bytes, in plain text', 404, 'No such object: b/k', 'not_found'],
    [
      'a bucket that is not there',
      404,
      json('The specified bucket does not exist.'),
      'store_denied',
    ],
    ['the same in plain text', 404, 'The specified bucket does not exist.', 'store_denied'],
    ['no credentials', 401, json('Invalid Credentials', 'authError'), 'store_denied'],
    ['a permission that is missing', 403, json('no access', 'forbidden'), 'store_denied'],
    ['a rate said with 403', 403, json('slow', 'userRateLimitExceeded'), 'store_throttled'],
    ['a rate', 429, json('slow', 'rateLimitExceeded'), 'store_throttled'],
    ['a store that is overloaded', 503, json('later', 'backendError'), 'store_throttled'],
    ['a store that fails', 500, json('oops', 'internalError'), 'store_unavailable'],
    ['a page of a proxy', 502, '<html>Bad Gateway</html>', 'store_unavailable'],
    ['a range beyond the end', 416, '<?xml version="1.0"?>', 'bad_parameter'],
    [
      'other bytes than said',
      400,
      json('Provided CRC32C "AAA=" doesn\'t match calculated CRC32C "BBB=".', 'invalid'),
      'damaged_object',
    ],
    ['a condition that nobody set', 412, json('pre', 'conditionNotMet'), 'store_unavailable'],
    ['two writers at once', 409, json('conflict', 'conflict'), 'store_unavailable'],
    ['nothing that can be read', 400, 'null', 'store_unavailable'],
  ])('%s', async (_, status, body, code) => {
    const error = await gcsError(answer(status, body), ASKED);
    expect(error).toMatchObject({ code });
    expect(error.message).toMatch(/^gcs:b: objects.get of k: /);
  });

  test('a condition that was set and does not hold', async () => {
    const asked = { ...ASKED, conditional: true };
    const error = await gcsError(answer(412, json('pre', 'conditionNotMet')), asked);
    expect(error).toMatchObject({
      code: 'already_exists',
      message: 'gcs:b: objects.get of k: the store answered 412 conditionNotMet pre',
    });
  });

  test('any 404 where only a bucket can be missing', async () => {
    const error = await gcsError(answer(404, json('Not Found')), { ...ASKED, ofBucket: true });
    expect(error.message).toBe('gcs:b: objects.get of k: the bucket does not exist');
  });

  test('how long to wait', async () => {
    const error = await gcsError(answer(429, '', { 'retry-after': '30' }), ASKED);
    expect(error.retryAfterSeconds).toBe(30);
  });
});
