import { describe, expect, test } from 'vitest';
import { readAzureConfig } from '../../../../src/base/config/bucket-azure.ts';
import { readBucketDocument } from '../../../../src/base/config/bucket-document.ts';
import { Secret } from '../../../../src/base/config/secret.ts';
import { readYamlMapping } from '../../../../src/base/config/yaml-reader.ts';
import { httpConfig } from '../../../support/stores/http-config.ts';
import { complaint } from './loading.ts';

const source = (text: string) => ({
  name: 'bucket.yml',
  text: new Secret(text),
  fillEnvironment: true,
});
const read = (text: string) => readAzureConfig(readYamlMapping(source(text), {}), {});

const KEY = 'c2VjcmV0';
const BY_STRING = `AccountName=a;AccountKey=${KEY};EndpointSuffix=core.windows.net`;

const DEFAULTS = {
  account: 'a',
  accountKey: '',
  connectionString: '',
  container: 'c',
  createContainer: true,
  serviceUrl: 'https://a.blob.core.windows.net',
  userAssignedId: '',
  tenantId: '',
  clientId: '',
  clientSecret: '',
  msiResource: '',
  maxRetries: 0,
  readerMaxRetries: 0,
  tryTimeoutMs: 0,
  retryDelayMs: 0,
  maxRetryDelayMs: 0,
  http: httpConfig(),
};

describe('type: AZURE', () => {
  test("the guide's file loads unchanged", () => {
    const text = `# thanos-bucket.yml
type: AZURE
config:
  storage_account: "thanosmetrics"
  storage_account_key: "\${AZURE_STORAGE_KEY}"
  container: "thanos-metrics"
  endpoint: ""
  max_retries: 3
`;
    expect(readBucketDocument(source(text), { AZURE_STORAGE_KEY: KEY })).toEqual({
      type: 'AZURE',
      prefix: '',
      config: {
        ...DEFAULTS,
        account: 'thanosmetrics',
        accountKey: KEY,
        container: 'thanos-metrics',
        serviceUrl: 'https://thanosmetrics.blob.core.windows.net',
        maxRetries: 3,
        readerMaxRetries: 3,
      },
    });
    expect(complaint(() => readBucketDocument(source(text), {}))).toContain(
      'bucket.yml:5: key "config.storage_account_key": environment variable AZURE_STORAGE_KEY',
    );
  });

  test('account and container alone, and every key', () => {
    expect(read('storage_account: a\ncontainer: c')).toEqual(DEFAULTS);
    const all = `
storage_account: a
storage_account_key: ""
storage_connection_string: ""
storage_create_container: false
azure_storage_account_type: blob
container: c
endpoint: blob.core.chinacloudapi.cn
user_assigned_id: ""
az_tenant_id: t
client_id: i
client_secret: s
msi_resource: https://storage.azure.com/
max_retries: 9
reader_config: {max_retry_requests: 2}
pipeline_config: {max_tries: 4, try_timeout: 1m, retry_delay: 2s, max_retry_delay: 3s}
http_config: {max_idle_conns: 7}
`;
    expect(read(all)).toEqual({
      ...DEFAULTS,
      createContainer: false,
      serviceUrl: 'https://a.blob.core.chinacloudapi.cn',
      tenantId: 't',
      clientId: 'i',
      clientSecret: 's',
      msiResource: 'https://storage.azure.com/',
      maxRetries: 4,
      readerMaxRetries: 2,
      tryTimeoutMs: 60_000,
      retryDelayMs: 2000,
      maxRetryDelayMs: 3000,
      http: httpConfig({ maxIdleConns: 7 }),
    });
  });

  test('an endpoint may be a whole URL, as local servers need it', () => {
    const text = 'storage_account: a\ncontainer: c\nendpoint: http://127.0.0.1:10000/a/';
    expect(read(text).serviceUrl).toBe('http://127.0.0.1:10000/a');
  });

  test('a connection string names the account and the place', () => {
    const text = `storage_connection_string: "${BY_STRING}"\ncontainer: c`;
    expect(read(text)).toEqual({
      ...DEFAULTS,
      account: '',
      serviceUrl: '',
      connectionString: BY_STRING,
    });
    expect(read(`storage_account: a\n${text}`).account).toBe('a');
    const sas = 'BlobEndpoint=https://a.blob.core.windows.net;SharedAccessSignature=sv=1&sig=x';
    expect(read(text.replace(BY_STRING, sas)).connectionString).toBe(sas);
    const local = 'UseDevelopmentStorage=true';
    expect(read(text.replace(BY_STRING, local)).connectionString).toBe(local);
  });

  const base = 'storage_account: a\ncontainer: c\n';
  test.each<[string, string]>([
    ['container: c', 'key "storage_account": is required'],
    ['storage_account: a', 'key "container": is required'],
    [`${base}storage_account_key: ${KEY}\nstorage_connection_string: x`, 'cannot both be set'],
    [
      `${base}user_assigned_id: u\nstorage_account_key: ${KEY}`,
      'together with storage_account_key',
    ],
    [
      `${base}user_assigned_id: u\nstorage_connection_string: "${BY_STRING}"`,
      'together with storage_connection_string',
    ],
    [
      `${base}user_assigned_id: u\naz_tenant_id: t\nclient_id: i\nclient_secret: ${KEY}`,
      'together with client_id',
    ],
    [`${base}client_id: i`, 'bucket.yml:3: key "client_id": needs az_tenant_id, client_id and'],
    [`${base}client_secret: ${KEY}`, 'key "client_secret": needs az_tenant_id'],
    [`${base}msi_resource: r\nstorage_account_key: ${KEY}`, 'is for signing in by a token'],
    [`${base}storage_connection_string: "AccountKey=${KEY}"`, 'must be a connection string'],
    [`${base}storage_connection_string: "AccountName=a"`, 'must be a connection string'],
    [
      `storage_account: other\ncontainer: c\nstorage_connection_string: "${BY_STRING}"`,
      'names another account than storage_account does',
    ],
    [`${base}endpoint: blob.core.windows.net/path`, 'must be a domain suffix like'],
    [`${base}endpoint: ftp://x`, 'must be an http or https URL like'],
    [`${base}endpoint: "https://x?sig=${KEY}"`, 'must be an http or https URL like'],
    [`${base}azure_storage_account_type: datalake`, 'asks for Data Lake storage'],
    [`${base}pipeline_config: {max_tries: -1}`, 'key "pipeline_config.max_tries": must be between'],
    [`${base}reader_config: {max_retries: 1}`, 'key "reader_config.max_retries": is unknown'],
    [`${base}storage_acount_key: ${KEY}`, 'did you mean storage_account_key?'],
  ])('%j is refused, and no secret is said', (text, message) => {
    const said = complaint(() => read(text));
    expect(said).toContain(message);
    expect(said).not.toContain(KEY);
  });
});
