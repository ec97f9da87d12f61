import { expect, test } from 'vitest';
import { codeOfStatus } from '../../../storage-adapters/http-status.ts';

test('what a status means; one that is not known is worth another try', () => {
  expect([401, 403].map(codeOfStatus)).toEqual(['store_denied', 'store_denied']);
  expect([404, 409, 412].map(codeOfStatus)).toEqual([
    'not_found',
    'already_exists',
    'already_exists',
  ]);
  expect([413, 416].map(codeOfStatus)).toEqual(['bad_parameter', 'bad_parameter']);
  expect([429, 503].map(codeOfStatus)).toEqual(['store_throttled', 'store_throttled']);
  expect([400, 500, 501, 599].map(codeOfStatus)).toEqual(Array(4).fill('store_unavailable'));
});
