// Signing in to Google: what stands in the headers of each request.
//
// Google's client library finds the credentials (those of bucket.yml, the file that
// GOOGLE_APPLICATION_CREDENTIALS names, the metadata server), fetches tokens and renews them. Its
// complaints may quote files and requests that hold secrets, so only their codes are passed on.

import { VarveError } from '../../src/base/errors/varve-error.ts';
import type { StoreHttpHeaders } from '../../src/base/http/store-http.ts';
import { orAborted } from '../or-aborted.ts';
import type { GcsBucketOptions } from './options.ts';

/** Gives the headers that prove who asks; a token that is still valid costs nothing. */
export type Authorize = (signal: AbortSignal | undefined) => Promise<StoreHttpHeaders>;

/** How requests of this bucket are signed. The library is loaded only where it is needed. */
export async function gcsAuthorize(options: GcsBucketOptions, name: string): Promise<Authorize> {
  if (options.noAuth || options.emulatorUrl !== '') return async () => ({});
  const { Storage } = await import('@google-cloud/storage');
  const { serviceAccount } = options;
  const given = serviceAccount === '' ? {} : { credentials: JSON.parse(serviceAccount) };
  const { authClient } = new Storage(given);
  return async (signal) => {
    try {
      return { ...(await orAborted(authClient.getRequestHeaders(), signal)) };
    } catch (thrown) {
      signal?.throwIfAborted();
      throw signInError(thrown, name);
    }
  };
}

/** `https://storage.googleapis.com`, the emulator, or the store of the credentials' universe. */
export function gcsOrigin(options: GcsBucketOptions): string {
  if (options.emulatorUrl !== '') return options.emulatorUrl;
  const { universe_domain: universe = '' } = JSON.parse(options.serviceAccount || '{}') as {
    universe_domain?: string;
  };
  return `https://storage.${universe === '' ? 'googleapis.com' : universe}`;
}

function signInError(thrown: unknown, name: string): VarveError {
  const { code, response } = thrown as {
    code?: unknown;
    response?: { status?: number; data?: { error?: unknown } };
  };
  const status = response?.status;
  if (status === undefined && code !== undefined && /^E[A-Z]+$/.test(String(code))) {
    const what = `signing in to Google failed: ${String(code)}`;
    return new VarveError('store_unavailable', `${name}: ${what}`);
  }
  const error = response?.data?.error;
  const said = [status, typeof error === 'string' ? error : undefined, code];
  const detail = [...new Set(said.filter((part) => part !== undefined).map(String))].join(' ');
  const what = `signing in to Google failed: ${detail === '' ? 'no usable credentials' : detail}`;
  const isOutage = status !== undefined && (status >= 500 || status === 429);
  return new VarveError(isOutage ? 'store_unavailable' : 'store_denied', `${name}: ${what}`);
}
