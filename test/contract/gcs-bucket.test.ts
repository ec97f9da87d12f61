import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readBucketDocument } from '../../src/base/config/bucket-document.ts';
import { Secret } from '../../src/base/config/secret.ts';
import { VarveError } from '../../src/base/errors/varve-error.ts';
import { nodeRuntime } from '../../src/base/runtime/node-runtime.ts';
import type { Bucket, StoreRequest } from '../../src/bucket/bucket.ts';
import { bytesSource } from '../../src/bucket/put-sources.ts';
import { openBucket } from '../../storage-adapters/open-bucket.ts';
import { Processes } from '../support/e2e/processes.ts';
import { MemoryLogger } from '../support/memory-logger.ts';
import { bigCrc32c, bigSource, sumOf } from '../support/stores/big-source.ts';
import { FAKE_GCS, type GcsServer, startGcs } from '../support/stores/gcs-server.ts';
import { hasProgram } from '../support/stores/programs.ts';
import { bucketSuite } from './bucket-suite.ts';

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

  it('takes 100 MiB in chunks of 8, checked, and gives them back', async () => {
    const requests: StoreRequest[] = [];
    const opened = await openNew(`  chunk_size_bytes: ${8 * MIB}\n`);
    const bucket = opened.observedBy((request) => requests.push(request));
    const source = bigSource(100 * MIB + 5);
    const crc32c = await bigCrc32c(source);
    const stored = await bucket.put('big', source, { crc32c });
    expect(stored).toMatchObject({ sizeBytes: source.sizeBytes, crc32c });
    expect(await sumOf(bucket.get('big'))).toBe(crc32c);
    const writes = requests.filter((one) => one.class === 'write');
    expect(writes.map(({ operation }) => operation)).toEqual([
      'objects.insert',
      ...Array.from({ length: 13 }, () => 'objects.insert chunk'),
    ]);
    expect(writes.reduce((sum, { sentBytes }) => sum + sentBytes, 0)).toBe(source.sizeBytes);
    await opened.close();
  });

  it('keeps conditions on large uploads', async () => {
    const bucket = await openNew('  chunk_size_bytes: 262144\n');
    const source = bigSource(MIB);
    const first = await bucket.put('lease', source, { ifAbsent: true });
    const taken = { code: 'already_exists' };
    await expect(bucket.put('lease', source, { ifAbsent: true })).rejects.toMatchObject(taken);
    const next = await bucket.put('lease', source, { ifVersion: first.version });
    const late = bucket.put('lease', source, { ifVersion: first.version });
    await expect(late).rejects.toMatchObject(taken);
    expect((await bucket.attributes('lease')).version).toBe(next.version);
    const foreign = bucket.put('lease', source, { ifVersion: '"0x8DC"' });
    await expect(foreign).rejects.toMatchObject(taken);
    await bucket.close();
  });

  it('refuses a large upload of other bytes than said, and leaves nothing', async () => {
    const bucket = await openNew('  chunk_size_bytes: 262144\n');
    const wrong = bucket.put('wrong', bigSource(MIB), { crc32c: 1 });
    await expect(wrong).rejects.toMatchObject({ code: 'damaged_object' });
    expect(await bucket.exists('wrong')).toBe(false);
    await bucket.close();
  });

  it('ends a large upload that its caller gave up, with the reason, and leaves nothing', async () => {
    const bucket = await openNew('  chunk_size_bytes: 262144\n');
    const controller = new AbortController();
    const reason = new VarveError('store_unavailable', 'given up');
    const whole = bigSource(MIB);
    const source = {
      sizeBytes: whole.sizeBytes,
      async *read(offset: number, length: number) {
        if (offset >= MIB / 2) controller.abort(reason);
        yield* whole.read(offset, length);
      },
    };
    const put = bucket.put('left', source, { signal: controller.signal });
    expect(await put.catch((thrown: unknown) => thrown)).toBe(reason);
    expect(await bucket.exists('left')).toBe(false);
    await bucket.close();
  });

  it('does not take a missing bucket for a missing object', async () => {
    const bucket = await open('nobody-made-it');
    const put = bucket.put('a', bytesSource(new Uint8Array(1)));
    const missing = { code: 'store_denied', message: expect.stringContaining('does not exist') };
    await expect(put).rejects.toMatchObject(missing);
    const list = bucket.list('')[Symbol.asyncIterator]().next();
    await expect(list).rejects.toMatchObject(missing);
    await bucket.close();
  });

  it('lists more than a page holds, in order', async () => {
    const bucket = await openNew();
    const keys = Array.from({ length: 1203 }, (_, i) => `k/${String(i).padStart(5, '0')}`);
    for (let at = 0; at < keys.length; at += 50) {
      const some = keys.slice(at, at + 50);
      await Promise.all(some.map((key) => bucket.put(key, bytesSource(new Uint8Array(0)))));
    }
    const found: string[] = [];
    for await (const { key } of bucket.list('k/')) found.push(key);
    expect(found).toEqual(keys);
    const names: string[] = [];
    for await (const name of bucket.listNames('k/')) names.push(name);
    expect(names).toEqual(keys.map((key) => key.slice(2)));
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
