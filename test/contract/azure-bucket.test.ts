import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AzureConfig } from '../../src/base/config/bucket-azure.ts';
import { readBucketDocument } from '../../src/base/config/bucket-document.ts';
import { Secret } from '../../src/base/config/secret.ts';
import type { VarveError } from '../../src/base/errors/varve-error.ts';
import { NodeDisk } from '../../src/base/runtime/node-disk.ts';
import { NodeTimers } from '../../src/base/runtime/node-timers.ts';
import type { Bucket, StoreRequest } from '../../src/bucket/bucket.ts';
import { bytesSource } from '../../src/bucket/put-sources.ts';
import { type AzureWorld, openAzureBucket } from '../../storage-adapters/azure/azure-bucket.ts';
import { Processes } from '../support/e2e/processes.ts';
import { eachObject } from '../support/each-object.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import {
  AZURITE,
  AZURITE_ACCOUNT,
  AZURITE_KEY,
  type AzureServer,
  startAzure,
} from '../support/stores/azure-server.ts';
import { bigCrc32c, bigSource, sumOf } from '../support/stores/big-source.ts';
import { hasProgram } from '../support/stores/programs.ts';
import { bucketSuite } from './bucket-suite.ts';
import { partsSuite } from './parts-suite.ts';

const MIB = 1024 * 1024;

type Sizes = Pick<AzureWorld, 'blockSizeBytes' | 'pageObjects'>;

describe.skipIf(!hasProgram(AZURITE))('Azure', () => {
  const processes = new Processes();
  let server: AzureServer;
  let containers = 0;

  beforeAll(async () => {
    server = await startAzure(processes);
  });
  afterAll(() => processes.endAll());

  const configOf = (text: string): AzureConfig => {
    const yaml = `type: AZURE\nconfig:\n${text}`;
    const source = { name: 'bucket.yml', text: new Secret(yaml), fillEnvironment: true };
    const document = readBucketDocument(source, {});
    if (document.type !== 'AZURE') throw new Error('not AZURE');
    return document.config;
  };
  const keyed = (container: string, key = AZURITE_KEY): string =>
    `  storage_account: ${AZURITE_ACCOUNT}\n  storage_account_key: ${key}\n` +
    `  container: ${container}\n  endpoint: ${server.endpoint}\n`;
  const open = (text: string, sizes: Sizes = {}): Promise<Bucket> =>
    openAzureBucket(configOf(text), {
      disk: new NodeDisk(),
      random: new SeededRandom(containers),
      timers: new NodeTimers(),
      ...sizes,
    });
  const openNew = (sizes: Sizes = {}): Promise<Bucket> =>
    open(keyed(`container-${++containers}`), sizes);
  const openMade = async (sizes: Sizes = {}): Promise<Bucket> => {
    const bucket = await openNew(sizes);
    await bucket.exists('what makes the container');
    return bucket;
  };

  bucketSuite('azurite', async () => ({
    bucket: await openMade(),
    cleanUp: async () => undefined,
  }));

  // The suite's largest object is 5 MiB: it goes in two blocks.
  bucketSuite('azurite, in blocks', async () => ({
    bucket: await openMade({ blockSizeBytes: 3 * MIB }),
    cleanUp: async () => undefined,
  }));

  partsSuite('azurite', {
    open: (blockSizeBytes) => openMade({ blockSizeBytes, pageObjects: 100 }),
    openMissing: () => open(`${keyed('nobody-made-it')}  storage_create_container: false\n`),
    writesOf: (parts) => [...Array.from({ length: parts }, () => 'Put Block'), 'Put Block List'],
    pageObjects: 100,
    listOperation: 'List Blobs',
  });

  it('sweeps what unfinished uploads left below a prefix, and nothing else', async () => {
    const bucket = await openNew({ blockSizeBytes: MIB / 4 });
    await bucket.put('b/there', bytesSource(new Uint8Array(3)));
    await bucket.put('b/empty', bytesSource(new Uint8Array(0)));
    for (const key of ['a/1', 'b/1', 'b/chunks/1', 'b/zz']) {
      await expect(bucket.put(key, bigSource(MIB), { crc32c: 1 })).rejects.toThrow('CRC32C');
    }
    const shown: string[] = [];
    const startedMs = Date.now();
    for await (const { key, sinceMs } of bucket.listUnfinished('b/')) {
      shown.push(key);
      expect(Math.abs((sinceMs ?? 0) - startedMs)).toBeLessThan(600_000);
    }
    expect(shown).toEqual(['b/1', 'b/chunks/1', 'b/zz']);
    await bucket.removeUnfinished('b/', { beforeMs: startedMs - 600_000 });
    const deleted: StoreRequest[] = [];
    const watched = bucket.observedBy((one) => one.class === 'delete' && deleted.push(one));
    await watched.removeUnfinished('b/');
    expect(deleted).toHaveLength(3);
    await watched.removeUnfinished('b/');
    expect(deleted).toHaveLength(3);
    await watched.removeUnfinished('a/');
    expect(deleted).toHaveLength(4);
    const keys: string[] = [];
    for await (const { key } of eachObject(bucket.list(''))) keys.push(key);
    expect(keys).toEqual(['b/empty', 'b/there']);
    expect((await bucket.attributes('b/there')).sizeBytes).toBe(3);
    await bucket.close();
  });

  it('lets two uploads of one key finish without mixing their blocks', async () => {
    const bucket = await openNew({ blockSizeBytes: MIB / 4 });
    const other = { sizeBytes: MIB, read: zeros };
    const both = [bucket.put('k', bigSource(MIB)), bucket.put('k', other)];
    const outcomes = await Promise.allSettled(both);
    expect(outcomes.some(({ status }) => status === 'fulfilled')).toBe(true);
    const sums = [await bigCrc32c(bigSource(MIB)), await bigCrc32c(other)];
    expect(sums).toContain(await sumOf(bucket.get('k')));
    await bucket.close();
  });

  it('is denied with a wrong key, which no message holds', async () => {
    const wrong = Buffer.from('another key').toString('base64');
    const bucket = await open(keyed('denied', wrong));
    const failed = await bucket.put('k', bytesSource(new Uint8Array(1))).catch((e: unknown) => e);
    expect(failed).toMatchObject({
      code: 'store_denied',
      message: 'azure:denied: Put Blob of k: the store answered 403 AuthorizationFailure',
    });
    expect((failed as VarveError).cause).toBeUndefined();
    await bucket.close();
  });

  it('makes a missing container for whatever comes first, once', async () => {
    const first: ((bucket: Bucket) => Promise<unknown>)[] = [
      (bucket) => bucket.exists('k'),
      (bucket) => bucket.list('')[Symbol.asyncIterator]().next(),
      (bucket) => bucket.put('k', bytesSource(new Uint8Array(1))),
      (bucket) => bucket.put('k', bigSource(MIB)),
      (bucket) => sumOf(bucket.get('k')).catch(({ code }) => expect(code).toBe('not_found')),
    ];
    for (const call of first) {
      const made: StoreRequest[] = [];
      const opened = await openNew({ blockSizeBytes: MIB / 4 });
      const bucket = opened.observedBy(
        (one) => one.operation === 'Create Container' && made.push(one),
      );
      await call(bucket);
      await bucket.put('k', bytesSource(new Uint8Array(1)));
      expect(made).toHaveLength(1);
      await opened.close();
    }
  });

  it('does not take a missing container for a missing object that is asked for', async () => {
    const bucket = await open(`${keyed('nobody-made-it')}  storage_create_container: false\n`);
    const missing = { code: 'store_denied', message: expect.stringContaining('does not exist') };
    await expect(bucket.exists('k')).rejects.toMatchObject(missing);
    await expect(sumOf(bucket.get('k'))).rejects.toMatchObject(missing);
    await expect(bucket.delete('k')).rejects.toMatchObject(missing);
    await bucket.close();
  });

  it('takes a connection string in place of the rest', async () => {
    const text =
      `AccountName=${AZURITE_ACCOUNT};AccountKey=${AZURITE_KEY};` +
      `DefaultEndpointsProtocol=http;BlobEndpoint=${server.endpoint};`;
    const bucket = await open(`  storage_connection_string: "${text}"\n  container: by-string\n`);
    await bucket.put('k', bytesSource(Buffer.from('by string')));
    expect((await bucket.attributes('k')).sizeBytes).toBe(9);
    await bucket.close();
  });
});

async function* zeros(_offset: number, length: number): AsyncIterable<Uint8Array> {
  yield new Uint8Array(length);
}
