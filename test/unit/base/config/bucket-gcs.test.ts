import { describe, expect, test } from 'vitest';
import { readBucketDocument } from '../../../../src/base/config/bucket-document.ts';
import { readGcsConfig } from '../../../../src/base/config/bucket-gcs.ts';
import { Secret } from '../../../../src/base/config/secret.ts';
import { readYamlMapping } from '../../../../src/base/config/yaml-reader.ts';
import { httpConfig } from '../../../support/stores/http-config.ts';
import { complaint } from './loading.ts';

const source = (text: string) => ({
  name: 'bucket.yml',
  text: new Secret(text),
  fillEnvironment: true,
});
const read = (text: string, env = {}) => readGcsConfig(readYamlMapping(source(text), env), env);

const PRIVATE = 'a-private-key';
const ACCOUNT = `{"type": "service_account", "client_email": "a@b", "private_key": "${PRIVATE}"}`;

const DEFAULTS = {
  bucket: 'b',
  serviceAccount: '',
  noAuth: false,
  emulatorUrl: '',
  chunkSizeBytes: 64 * 1024 * 1024,
  maxRetries: 0,
  http: httpConfig(),
};

describe('type: GCS', () => {
  test("the guide's file loads unchanged", () => {
    const text = `# thanos-bucket.yml
type: GCS
config:
  bucket: "thanos-metrics"
  service_account: |-
    {
      "type": "service_account",
      "project_id": "my-project",
      "private_key_id": "key-id",
      "private_key": "-----BEGIN PRIVATE KEY-----\\n...\\n-----END PRIVATE KEY-----\\n",
      "client_email": "thanos@my-project.iam.gserviceaccount.com",
      "client_id": "123456789",
      "auth_uri": "https://accounts.google.com/o/oauth2/auth",
      "token_uri": "https://oauth2.googleapis.com/token"
    }
`;
    const document = readBucketDocument(source(text), {});
    expect(document).toMatchObject({ type: 'GCS', prefix: '', config: { emulatorUrl: '' } });
    if (document.type !== 'GCS') throw new Error('not GCS');
    expect(document.config.bucket).toBe('thanos-metrics');
    const account = JSON.parse(document.config.serviceAccount);
    expect(account.private_key).toBe(
      '-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----\n',
    );
  });

  test('a bucket alone, and every key', () => {
    expect(read('bucket: b')).toEqual(DEFAULTS);
    const all = `
bucket: b
service_account: '${ACCOUNT}'
use_grpc: false
grpc_conn_pool_size: 0
http_config: {idle_conn_timeout: 5s, tls_config: {server_name: s}}
chunk_size_bytes: 1000000
max_retries: 7
no_auth: false
`;
    expect(read(all)).toEqual({
      ...DEFAULTS,
      serviceAccount: ACCOUNT,
      // Four steps of 256 KiB.
      chunkSizeBytes: 1_048_576,
      maxRetries: 7,
      http: httpConfig({ idleConnTimeoutMs: 5000, serverName: 's' }),
    });
    expect(read('bucket: b\nno_auth: true').noAuth).toBe(true);
  });

  test('http_config may say twice that certificates do not matter', () => {
    for (const [here, there] of [
      [true, true],
      [true, false],
      [false, true],
    ]) {
      const tls = `tls_config: {insecure_skip_verify: ${there}}`;
      const text = `bucket: b\nhttp_config: {insecure_skip_verify: ${here}, ${tls}}`;
      expect(read(text).http.insecureSkipVerify).toBe(true);
    }
  });

  test('credentials and bucket may come from the environment', () => {
    const env = { BUCKET: 'x', ACCOUNT };
    const text = 'bucket: $(BUCKET)\nservice_account: $(ACCOUNT)';
    expect(read(text, env)).toMatchObject({ bucket: 'x', serviceAccount: ACCOUNT });
    expect(complaint(() => read(text, { BUCKET: 'x' }))).toContain(
      'bucket.yml:2: key "service_account": environment variable ACCOUNT is not set',
    );
  });

  test.each([
    ['127.0.0.1:4443', 'http://127.0.0.1:4443'],
    ['localhost:4443', 'http://localhost:4443'],
    ['https://gcs.test:1/storage/v1/', 'https://gcs.test:1'],
    ['', ''],
  ])('STORAGE_EMULATOR_HOST %j is %j', (host, url) => {
    expect(read('bucket: b', { STORAGE_EMULATOR_HOST: host }).emulatorUrl).toBe(url);
  });

  test('what is no host in STORAGE_EMULATOR_HOST names the variable', () => {
    expect(complaint(() => read('bucket: b', { STORAGE_EMULATOR_HOST: 'ftp://x' }))).toBe(
      'environment variable STORAGE_EMULATOR_HOST: must be a host and port, or an http or https URL',
    );
  });

  test.each<[string, string]>([
    ['chunk_size_bytes: 1', 'key "bucket": is required'],
    ['bucket: b\nuse_grpc: true', 'bucket.yml:2: key "use_grpc": asks for gRPC'],
    ['bucket: b\ngrpc_conn_pool_size: 2', 'bucket.yml:2: key "grpc_conn_pool_size": is for gRPC'],
    ['bucket: b\nchunk_size_bytes: -1', 'key "chunk_size_bytes": must be between 0 and'],
    ['bucket: b\nmax_retry: 1', 'key "max_retry": is unknown; did you mean max_retries?'],
    [`bucket: b\nno_auth: true\nservice_account: '${ACCOUNT}'`, 'contradicts service_account'],
    [`bucket: b\nservice_account: '${PRIVATE}'`, 'must be credentials as a JSON object'],
    [`bucket: b\nservice_account: '["${PRIVATE}"]'`, 'must be credentials as a JSON object'],
    [`bucket: b\nservice_account: '{"private_key": "${PRIVATE}"}'`, 'has no "type"'],
    [
      `bucket: b\nservice_account: '{"type": "service_account", "private_key": "${PRIVATE}"}'`,
      'has no "client_email"',
    ],
  ])('%j is refused, and no secret is said', (text, message) => {
    const said = complaint(() => read(text));
    expect(said).toContain(message);
    expect(said).not.toContain(PRIVATE);
  });
});
