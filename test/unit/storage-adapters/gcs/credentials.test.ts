import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { gcsAuthorize, gcsOrigin } from '../../../../storage-adapters/gcs/credentials.ts';
import { httpConfig } from '../../../support/stores/http-config.ts';
import { startScripted } from '../../../support/stores/scripted-server.ts';

const toClose: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of toClose.splice(0)) await close();
});

const options = (more = {}) => ({
  bucket: 'b',
  serviceAccount: '',
  noAuth: false,
  emulatorUrl: '',
  chunkSizeBytes: 1,
  maxRetries: 0,
  http: httpConfig(),
  ...more,
});

/** Credentials of the kind whose token server can be anywhere, and that server. */
async function external(answer: { status: number; body: string }) {
  const server = await startScripted({
    answer: () => ({ ...answer, headers: { 'content-type': 'application/json' } }),
  });
  const dir = mkdtempSync(join(tmpdir(), 'varve-gcs-'));
  toClose.push(
    () => server.close(),
    () => rmSync(dir, { recursive: true, force: true }),
  );
  writeFileSync(join(dir, 'token'), 'subject-token');
  const serviceAccount = JSON.stringify({
    type: 'external_account',
    audience: 'who',
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    token_url: `${server.url}/token`,
    credential_source: { file: join(dir, 'token') },
  });
  return { server, serviceAccount };
}

describe('signing in', () => {
  test('is not done for an emulator, nor when bucket.yml says so', async () => {
    const dummy = '{"type": "service_account", "client_email": "a", "private_key": "no key"}';
    const emulated = options({ emulatorUrl: 'http://x', serviceAccount: dummy });
    expect(await (await gcsAuthorize(emulated, 'gcs:b'))(undefined)).toEqual({});
    const open = await gcsAuthorize(options({ noAuth: true }), 'gcs:b');
    expect(await open(undefined)).toEqual({});
  });

  test('gives a token, fetched once', async () => {
    const token = { access_token: 'tok', expires_in: 3600, token_type: 'Bearer' };
    const { server, serviceAccount } = await external({
      status: 200,
      body: JSON.stringify({ ...token, issued_token_type: 'x' }),
    });
    const authorize = await gcsAuthorize(options({ serviceAccount }), 'gcs:b');
    expect(await authorize(undefined)).toMatchObject({ Authorization: 'Bearer tok' });
    expect(await authorize(undefined)).toMatchObject({ Authorization: 'Bearer tok' });
    expect(server.seen).toHaveLength(1);
    expect(String(server.seen.at(0)?.body)).toContain('subject-token');
  });

  test('that is refused is store_denied, and says no secret', async () => {
    const { serviceAccount } = await external({
      status: 400,
      body: '{"error": "invalid_grant", "error_description": "subject-token is bad"}',
    });
    const authorize = await gcsAuthorize(options({ serviceAccount }), 'gcs:b');
    const failed = await authorize(undefined).catch((thrown: unknown) => thrown);
    expect(failed).toMatchObject({ code: 'store_denied' });
    expect((failed as Error).cause).toBeUndefined();
    expect((failed as Error).message).toMatch(/^gcs:b: signing in to Google failed: /);
    expect((failed as Error).message).not.toContain('subject-token');
  });

  test('with a key that is none is store_denied, and says no secret', async () => {
    const serviceAccount =
      '{"type": "service_account", "client_email": "a@b", "private_key": "not-a-key"}';
    const authorize = await gcsAuthorize(options({ serviceAccount }), 'gcs:b');
    const failed = await authorize(undefined).catch((thrown: unknown) => thrown);
    expect(failed).toMatchObject({ code: 'store_denied' });
    expect((failed as Error).message).not.toContain('not-a-key');
  });

  test('ends with the reason of a signal', async () => {
    const { serviceAccount } = await external({ status: 200, body: '{}' });
    const authorize = await gcsAuthorize(options({ serviceAccount }), 'gcs:b');
    const reason = new Error('given up');
    const failed = await authorize(AbortSignal.abort(reason)).catch((thrown: unknown) => thrown);
    expect(failed).toBe(reason);
  });
});

test('the store is where the emulator or the universe of the credentials is', () => {
  expect(gcsOrigin(options())).toBe('https://storage.googleapis.com');
  const serviceAccount = '{"universe_domain": "cloud.test"}';
  expect(gcsOrigin(options({ serviceAccount }))).toBe('https://storage.cloud.test');
  expect(gcsOrigin(options({ serviceAccount, emulatorUrl: 'http://x' }))).toBe('http://x');
});
