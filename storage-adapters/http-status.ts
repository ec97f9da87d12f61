// What the HTTP status of a store's answer means for whoever asked. Shared by the stores that speak
// HTTP; each looks at its own error codes first, where they say more.

import type { ErrorCode } from '../src/base/errors/catalogue.ts';

const BY_STATUS: Readonly<Record<number, ErrorCode>> = {
  401: 'store_denied',
  403: 'store_denied',
  404: 'not_found',
  407: 'store_denied', // a proxy wants another name and password
  409: 'already_exists',
  412: 'already_exists',
  413: 'bad_parameter', // the store's, or of a proxy before it: no other try is smaller
  416: 'bad_parameter',
  429: 'store_throttled',
  503: 'store_throttled',
};

/** The error for a status of 300 and more; what is not known is worth another try later. */
export function codeOfStatus(status: number): ErrorCode {
  return BY_STATUS[status] ?? 'store_unavailable';
}
