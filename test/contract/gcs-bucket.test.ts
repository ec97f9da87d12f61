import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readBucketDocument } from '../../src/base/config/bucket-document.ts';
import { Secret } from '../../src/base/config/secret.ts';
import { VarveError } from '../../src/base/errors/varve-error.ts';
import { nodeRuntime } from '../../src/base/runtime/node-runtime.ts';
import type { Bucket } from '../../src/bucket/bucket.ts';
import { bytesSource } from '../../src/bucket/put-sources.ts';
import { openBucket } from '../../storage-adapters/open-bucket.ts';
import { Processes } from '../support/e2e/processes.ts';
import { MemoryLogger } from '../support/memory-logger.ts';
import { FAKE_GCS, type GcsServer, startGcs } from '../support/stores/gcs-server.ts';
import { hasProgram } from '../support/stores/programs.ts';
import { bucketSuite } from './bucket-suite.ts';
import { partsSuite } from './parts-suite.ts';

const MIB = 1024 * 1024;

describe.skipIf(!hasProgram(FAKE_GCS))('GCS', () => {
  const processes = new Processes();
  let server: GcsServer;
  let buckets = 0;

  beforeAll(async () => {
    server = await startGcs(processes);
  });
  afterAll(() => processes.endAll());

  const openText = (text: string): Promise<Bucket> => {
    const source = { name: 'bucket.yml', text: new Secret(text), fillEnvironment: true };
    const document = readBucketDocument(source, { STORAGE_EMULATOR_HOST: server.host });
    const world = { ...nodeRuntime(), logger: new MemoryLogger() };
    return openBucket(document, world);
  };
  const open = (name: string, more = ''): Promise<Bucket> =>
    openText(`type: GCS\nconfig:\n  bucket: ${name}\n${more}`);
  const openNew = async (more = ''): Promise<Bucket> => {
    const name = `bucket-${++buckets}`;
    await server.createBucket(name);
    return open(name, more);
  };

  bucketSuite('fake-gcs-server', async () => ({
    bucket: await openNew(),
    cleanUp: async () => undefined,
  }));

  // The suite's largest object is 5 MiB: it goes in two chunks.
  bucketSuite('fake-gcs-server, in chunks', async () => ({
    bucket: await openNew(`  chunk_size_bytes: ${3 * MIB}\n`),
    cleanUp: async () => undefined,
  }));

  partsSuite('fake-gcs-server', {
    open: (partBytes) => openNew(`  chunk_size_bytes: ${partBytes}\n`),
    openMissing: () => open('nobody-made-it'),
    writesOf: (parts) => [
      'objects.insert',
      ...Array.from({ length: parts }, () => 'objects.insert chunk'),
    ],
    pageObjects: 1000,
    listOperation: 'objects.list',
  });

  it("takes the guide's file as it is, with no thought of its key", async () => {
    const text = `type: GCS
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
    await server.createBucket('thanos-metrics');
    const bucket = await openText(text);
    await bucket.put('k', bytesSource(Buffer.from('by the guide')));
    expect((await bucket.attributes('k')).sizeBytes).toBe(12);
    await bucket.close();
  });

  it('says that a server is not there, by its name', async () => {
    const text = 'type: GCS\nconfig: {bucket: b}';
    const source = { name: 'bucket.yml', text: new Secret(text), fillEnvironment: true };
    const document = readBucketDocument(source, { STORAGE_EMULATOR_HOST: '127.0.0.1:1' });
    const world = { ...nodeRuntime(), logger: new MemoryLogger() };
    const bucket = await openBucket(document, world);
    const failed = await bucket.exists('k').catch((thrown: unknown) => thrown);
    expect(failed).toBeInstanceOf(VarveError);
    expect(failed).toMatchObject({
      code: 'store_unavailable',
      message:
        'gcs:b: objects.get attributes of k: 127.0.0.1:1: the connection failed: ECONNREFUSED',
    });
    await bucket.close();
  });
});
