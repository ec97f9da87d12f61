import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { NodeTimers } from '../../../../src/base/runtime/node-timers.ts';
import { s3Client } from '../../../../storage-adapters/s3/client.ts';
import { MemoryDisk } from '../../../support/memory-disk.ts';
import { fakeS3 } from './fake-s3.ts';
import { s3Options } from './s3-options.ts';

afterEach(() => vi.unstubAllEnvs());

/** No credentials but those of the test. */
function emptyEnvironment(): void {
  for (const name of Object.keys(process.env)) {
    if (name.startsWith('AWS_')) vi.stubEnv(name, undefined);
  }
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nowhere');
  vi.stubEnv('AWS_CONFIG_FILE', '/nowhere');
}

test("AWS's own endpoint is made from region and bucket", async () => {
  const client = s3Client(
    s3Options({ endpoint: 's3.amazonaws.com', region: 'eu-west-1' }),
    world(),
  );
  expect(await client.config.region()).toBe('eu-west-1');
  expect(await client.config.useDualstackEndpoint()).toBe(true);
  expect(client.config.endpoint).toBeUndefined();
  expect(await client.config.maxAttempts()).toBe(1);
  client.destroy();
});

const world = () => ({ disk: new MemoryDisk(), timers: new NodeTimers() });

test('without keys the environment is asked', async () => {
  emptyEnvironment();
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'FROMENV');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
  const client = s3Client(s3Options({ keys: undefined }), world());
  expect(await client.config.credentials()).toMatchObject({ accessKeyId: 'FROMENV' });
  client.destroy();
});

test('no credentials anywhere is denied, and says so', async () => {
  emptyEnvironment();
  const { bucket, arrived, stop } = await fakeS3(() => ({}), { config: { keys: undefined } });
  await expect(bucket.exists('a')).rejects.toMatchObject({
    code: 'store_denied',
    message: expect.stringContaining('Could not load credentials'),
  });
  expect(arrived).toEqual([]);
  await stop();
});

test('sts_endpoint is where temporary keys are asked for', async () => {
  const credentials =
    '<Credentials><AccessKeyId>TEMPORARY</AccessKeyId><SecretAccessKey>s</SecretAccessKey>' +
    '<SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>';
  const result = `<AssumeRoleWithWebIdentityResult>${credentials}</AssumeRoleWithWebIdentityResult>`;
  const sts = await fakeS3(() => ({
    body: `<AssumeRoleWithWebIdentityResponse>${result}</AssumeRoleWithWebIdentityResponse>`,
  }));
  const dir = mkdtempSync(join(tmpdir(), 'varve-sts-'));
  writeFileSync(join(dir, 'token'), 'a token');
  emptyEnvironment();
  vi.stubEnv('AWS_WEB_IDENTITY_TOKEN_FILE', join(dir, 'token'));
  vi.stubEnv('AWS_ROLE_ARN', 'arn:aws:iam::123456789012:role/varve');
  const stsEndpoint = `http://127.0.0.1:${sts.port}`;
  const client = s3Client(s3Options({ keys: undefined, stsEndpoint }), world());
  expect(await client.config.credentials()).toMatchObject({ accessKeyId: 'TEMPORARY' });
  expect(sts.arrived.at(0)?.body.toString()).toContain('Action=AssumeRoleWithWebIdentity');
  client.destroy();
  await sts.stop();
  rmSync(dir, { recursive: true });
});
