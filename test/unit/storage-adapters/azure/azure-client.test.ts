import { describe, expect, test } from 'vitest';
import { readAzureConfig } from '../../../../src/base/config/bucket-azure.ts';
import { Secret } from '../../../../src/base/config/secret.ts';
import { readYamlMapping } from '../../../../src/base/config/yaml-reader.ts';
import type { StoreHttpRequest } from '../../../../src/base/http/store-http.ts';
import { azureContainer } from '../../../../storage-adapters/azure/azure-client.ts';

const SECRET = 'c2VjcmV0LWtleQ==';

function config(text: string) {
  const source = { name: 'bucket.yml', text: new Secret(text), fillEnvironment: false };
  return readAzureConfig(readYamlMapping(source, {}), {});
}

/** Takes requests and answers each with an empty 404. */
function recorder() {
  const seen: StoreHttpRequest[] = [];
  return {
    seen,
    send: async (request: StoreHttpRequest) => {
      seen.push(request);
      const headers = { 'x-ms-error-code': 'BlobNotFound' };
      return {
        status: 404,
        headers,
        body: (async function* () {})(),
        endIsKnown: true,
        discard: () => undefined,
      };
    },
    close: () => undefined,
  };
}

async function firstRequest(text: string): Promise<StoreHttpRequest | undefined> {
  const transport = recorder();
  const container = await azureContainer(config(text), transport);
  await container.getBlobClient('k').exists();
  return transport.seen.at(0);
}

describe('the client that bucket.yml describes', () => {
  test('signs with the account key', async () => {
    const text = `storage_account: a\nstorage_account_key: ${SECRET}\ncontainer: c`;
    const request = await firstRequest(text);
    expect(request?.url).toBe('https://a.blob.core.windows.net/c/k');
    expect(request?.headers.authorization ?? request?.headers.Authorization).toMatch(
      /^SharedKey a:/,
    );
  });

  test('takes place and key of a connection string', async () => {
    const string = `AccountName=a;AccountKey=${SECRET};EndpointSuffix=core.windows.net`;
    const text = `storage_connection_string: "${string};DefaultEndpointsProtocol=https"\ncontainer: c`;
    expect((await firstRequest(text))?.url).toBe('https://a.blob.core.windows.net/c/k');
  });

  test('takes a shared access signature of a connection string', async () => {
    const string = 'BlobEndpoint=https://h/;SharedAccessSignature=sv=1&sig=x';
    const text = `storage_connection_string: "${string}"\ncontainer: c`;
    expect((await firstRequest(text))?.url).toBe('https://h/c/k?sv=1&sig=x');
  });

  test('is made for each way to get a token, and asks for none yet', async () => {
    const base = 'storage_account: a\ncontainer: c\n';
    const ways = [
      'az_tenant_id: 00000000-0000-0000-0000-000000000000\nclient_id: i\nclient_secret: s',
      'user_assigned_id: 00000000-0000-0000-0000-000000000000',
      'msi_resource: https://storage.azure.com/',
      '',
    ];
    for (const way of ways) {
      const transport = recorder();
      const container = await azureContainer(config(base + way), transport);
      expect(container.url).toBe('https://a.blob.core.windows.net/c');
      expect(transport.seen).toEqual([]);
    }
  });

  test('is refused without the text when the library does not take it', async () => {
    const broken = `BlobEndpoint=;AccountName=;AccountKey=${SECRET};EndpointSuffix=`;
    const text = `storage_connection_string: "${broken}"\ncontainer: c`;
    const failed = await azureContainer(config(text), recorder()).catch((e: unknown) => e);
    expect(failed).toMatchObject({ code: 'bad_config' });
    expect((failed as Error).cause).toBeUndefined();
    expect((failed as Error).message).not.toContain(SECRET);
  });
});
