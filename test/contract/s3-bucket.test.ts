// The S3 adapter on real servers: the contract, and what is S3's own.

import {
  CreateMultipartUploadCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { crc32c } from '../../src/base/bytes/crc32c.ts';
import { VarveError } from '../../src/base/errors/varve-error.ts';
import type { Bucket, StoreRequest } from '../../src/bucket/bucket.ts';
import { bytesSource } from '../../src/bucket/put-sources.ts';
import { eachObject } from '../support/each-object.ts';
import { MemoryLogger } from '../support/memory-logger.ts';
import { countedBytes, crcOfPieces } from '../support/stores/counted-bytes.ts';
import { hasProgram } from '../support/stores/programs.ts';
import { openS3On } from '../support/stores/s3-adapter.ts';
import {
  MOTO,
  makeBucket,
  plainClient,
  type S3Server,
  startMoto,
  startVersitygw,
  VERSITYGW,
} from '../support/stores/s3-servers.ts';
import { bucketSuite } from './bucket-suite.ts';

const MIB = 1024 * 1024;
/** Long after an upload of this test. */
const UPLOAD_AGE_MS = 600_000;
/** The smallest that S3 allows: the suite's larger objects go in several. */
const SMALL_PARTS = { part_size: 5 * MIB };

const SERVERS = [
  {
    name: MOTO,
    start: startMoto,
    // It looks at a condition and stores in two steps: it must get one request at a time.
    config: { http_config: { max_conns_per_host: 1 } },
    isWhole: false,
  },
  { name: VERSITYGW, start: startVersitygw, config: {}, isWhole: true },
];

describe.each(SERVERS)('S3 on $name', ({ name, start, config: suiteConfig, isWhole }) => {
  // Of a server that cannot do it there is nothing to test.
  const itOfWhole: (name: string, run: () => Promise<void>) => void = isWhole
    ? it
    : () => undefined;
  describe.skipIf(!hasProgram(name))('running', () => {
    let server: S3Server;
    beforeAll(async () => {
      server = await start();
    });
    afterAll(async () => {
      await server?.stop();
    });

    /** A new bucket, and an adapter on it that is closed in the end. */
    async function inBucket<T>(
      config: Readonly<Record<string, unknown>>,
      run: (bucket: Bucket, bucketName: string, logger: MemoryLogger) => Promise<T>,
    ): Promise<T> {
      const bucketName = await makeBucket(server.endpoint);
      const logger = new MemoryLogger();
      const where = { endpoint: server.endpoint, bucket: bucketName, world: { logger } };
      const bucket = await openS3On({ ...where, config });
      try {
        return await run(bucket, bucketName, logger);
      } finally {
        await bucket.close();
      }
    }

    const uploadsUnderWay = async (Bucket: string) => {
      const client = plainClient(server.endpoint);
      const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket }));
      client.destroy();
      return Uploads.map(({ Key }) => Key);
    };

    bucketSuite(`S3 on ${name}`, async () => {
      const bucketName = await makeBucket(server.endpoint);
      const where = { endpoint: server.endpoint, bucket: bucketName };
      const bucket = await openS3On({ ...where, config: { ...SMALL_PARTS, ...suiteConfig } });
      return { bucket, cleanUp: async () => undefined };
    });

    it('takes 100 MB in parts of 16 MiB, and gives them back', async () => {
      await inBucket({ part_size: 16 * MIB }, async (bucket) => {
        const source = countedBytes(100_000_000);
        const crc = await crcOfPieces(source.read(0, source.sizeBytes));
        let told: StoreRequest[] = [];
        const watched = bucket.observedBy((request) => told.push(request));
        if (!isWhole) {
          // Of an object in parts it keeps a CRC32, by the name of CRC32C, unless it is complete.
          const first = watched.put('big', source, { crc32c: crc });
          const why = await first.then(
            () => 'none',
            (error: Error) => error.message,
          );
          expect(why).toMatch(/^none$|the next try goes without a checksum$/);
          told = [];
        }
        const put = await watched.put('big', source, { crc32c: crc });
        expect(told.map(({ operation }) => operation).sort()).toEqual([
          'CompleteMultipartUpload',
          'CreateMultipartUpload',
          ...Array(6).fill('UploadPart'),
        ]);
        expect(told.reduce((sum, { sentBytes }) => sum + sentBytes, 0)).toBe(100_000_000);
        const attributes = await bucket.attributes('big');
        expect(attributes).toMatchObject({ sizeBytes: 100_000_000, version: put.version });
        expect(isWhole ? [crc] : [undefined, crc]).toContain(attributes.crc32c);
        expect(await crcOfPieces(bucket.get('big'))).toBe(crc);
        const range = { offset: 16 * MIB - 5, length: 10 };
        const wanted = await crcOfPieces(source.read(range.offset, range.length));
        expect(await crcOfPieces(bucket.get('big', range))).toBe(wanted);
      });
    });

    it('keeps conditions with uploads in parts', async () => {
      await inBucket(SMALL_PARTS, async (bucket, bucketName) => {
        const source = countedBytes(6 * MIB);
        const first = await bucket.put('lease', source, { ifAbsent: true });
        const again = bucket.put('lease', countedBytes(7 * MIB), { ifAbsent: true });
        await expect(again).rejects.toMatchObject({ code: 'already_exists' });
        expect((await bucket.attributes('lease')).sizeBytes).toBe(6 * MIB);
        expect(await uploadsUnderWay(bucketName)).toEqual([]);
        const { version } = first;
        const second = await bucket.put('lease', countedBytes(7 * MIB), { ifVersion: version });
        expect(second.version).not.toBe(version);
        // moto does not look at If-Match here.
        if (!isWhole) return;
        const late = bucket.put('lease', source, { ifVersion: version });
        await expect(late).rejects.toMatchObject({ code: 'already_exists' });
        expect((await bucket.attributes('lease')).sizeBytes).toBe(7 * MIB);
      });
    });

    it('refuses parts that together have another checksum than said', async () => {
      await inBucket(SMALL_PARTS, async (bucket, bucketName) => {
        const put = bucket.put('wrong', countedBytes(11 * MIB), { crc32c: 1 });
        await expect(put).rejects.toMatchObject({ code: 'damaged_object' });
        expect(await bucket.exists('wrong')).toBe(false);
        expect(await uploadsUnderWay(bucketName)).toEqual([]);
      });
    });

    it('takes back an upload in parts that was given up', async () => {
      await inBucket(SMALL_PARTS, async (bucket, bucketName, logger) => {
        const controller = new AbortController();
        const told: string[] = [];
        const watched = bucket.observedBy(({ operation }) => {
          told.push(operation);
          const reason = new VarveError('store_unavailable', 'given up');
          if (operation === 'UploadPart') controller.abort(reason);
        });
        const { signal } = controller;
        const put = watched.put('left', countedBytes(60 * MIB), { signal });
        await expect(put).rejects.toThrow('given up');
        expect(told.filter((one) => one === 'UploadPart').length).toBeLessThan(12);
        expect(logger.records).toEqual([]);
        expect(await uploadsUnderWay(bucketName)).toEqual([]);
        expect(await bucket.exists('left')).toBe(false);
      });
    });

    it('sweeps uploads that a killed process left, below the prefix only', async () => {
      await inBucket(SMALL_PARTS, async (bucket, bucketName) => {
        const client = plainClient(server.endpoint);
        for (const Key of ['block/chunks/000001', 'block/index', 'other/index']) {
          const where = { Bucket: bucketName, Key };
          const { UploadId } = await client.send(new CreateMultipartUploadCommand(where));
          const part = { ...where, UploadId, PartNumber: 1, Body: Buffer.alloc(5 * MIB) };
          await client.send(new UploadPartCommand(part));
        }
        client.destroy();
        await bucket.put('block/meta.json', bytesSource(Buffer.from('{}')));
        const shown: string[] = [];
        const nowMs = Date.now();
        for await (const { key, sinceMs } of bucket.listUnfinished('')) {
          shown.push(key);
          // moto says the same time of all.
          if (isWhole) expect(Math.abs((sinceMs ?? 0) - nowMs)).toBeLessThan(UPLOAD_AGE_MS);
        }
        expect(shown).toEqual(['block/chunks/000001', 'block/index', 'other/index']);
        const beforeMs = isWhole ? nowMs - UPLOAD_AGE_MS : 0;
        await bucket.removeUnfinished('block/', { beforeMs });
        expect(await uploadsUnderWay(bucketName)).toHaveLength(3);
        await bucket.removeUnfinished('block/');
        expect(await uploadsUnderWay(bucketName)).toEqual(['other/index']);
        expect(await bucket.exists('block/meta.json')).toBe(true);
      });
    });

    it('lists by version 1 of the request as well', async () => {
      await inBucket({ list_objects_version: 'v1' }, async (bucket) => {
        for (const key of ['d/b', 'd/a/x', 'e']) await bucket.put(key, countedBytes(1));
        const told: string[] = [];
        const watched = bucket.observedBy(({ operation }) => told.push(operation));
        const found: string[] = [];
        for await (const { key } of eachObject(watched.list('d/'))) found.push(key);
        for await (const listed of watched.listNames('d/')) found.push(listed);
        expect(found).toEqual(['d/a/x', 'd/b', 'a/', 'b']);
        expect(told).toEqual(['ListObjects', 'ListObjects']);
      });
    });

    itOfWhole('lists more than one page holds, by both versions', async () => {
      await inBucket({}, async (bucket, bucketName) => {
        const keys = Array.from({ length: 1005 }, (_, i) => `d/${String(i).padStart(4, '0')}`);
        for (let at = 0; at < keys.length; at += 50) {
          await Promise.all(keys.slice(at, at + 50).map((key) => bucket.put(key, countedBytes(1))));
        }
        for (const version of ['v1', 'v2']) {
          const config = { list_objects_version: version };
          const where = { endpoint: server.endpoint, bucket: bucketName };
          const listing = await openS3On({ ...where, config });
          const found: string[] = [];
          for await (const { key } of eachObject(listing.list('d/'))) found.push(key);
          expect(found).toEqual(keys);
          await listing.close();
        }
      });
    });

    it('takes keys with signs of every kind, and lists them as they are', async () => {
      await inBucket({}, async (bucket) => {
        const keys = ['a b', 'a&b', 'a+b', 'a=b', "a'(b)!", 'a%41', 'tenant@1/ü', 'x:y;z,$'];
        for (const key of keys) await bucket.put(key, bytesSource(Buffer.from(key)));
        const found: string[] = [];
        for await (const { key } of eachObject(bucket.list(''))) found.push(key);
        expect(found.sort()).toEqual([...keys].sort());
        for (const key of keys) {
          const bytes = Buffer.from(key);
          expect(await crcOfPieces(bucket.get(key))).toBe(crc32c(bytes));
        }
      });
    });

    it('says that a bucket is missing, whatever is asked of it', async () => {
      const where = { endpoint: server.endpoint, bucket: 'varve-nobody-made-this' };
      const bucket = await openS3On({ ...where, config: SMALL_PARTS });
      const calls = [
        () => bucket.exists('a'),
        () => bucket.attributes('a'),
        () => crcOfPieces(bucket.get('a')),
        () => bucket.put('a', bytesSource(new Uint8Array(1))),
        () => bucket.put('a', countedBytes(6 * MIB)),
        () => bucket.delete('a'),
        () => bucket.removeUnfinished('a/'),
        async () => {
          for await (const name of bucket.listNames('')) throw new Error(`there is ${name}`);
        },
      ];
      for (const call of calls) {
        await expect(call()).rejects.toMatchObject({
          code: 'store_denied',
          message: expect.stringMatching(/does not exist; create it, or correct bucket/),
        });
      }
      await bucket.close();
    });

    itOfWhole('is denied with another secret, which nothing repeats', async () => {
      const bucketName = await makeBucket(server.endpoint);
      const where = { endpoint: server.endpoint, bucket: bucketName };
      const bucket = await openS3On({ ...where, config: { secret_key: 'not-the-secret' } });
      const put = bucket.put('a', bytesSource(new Uint8Array(1)));
      await expect(put).rejects.toMatchObject({
        code: 'store_denied',
        message: expect.stringContaining('403 SignatureDoesNotMatch: the secret key is probably'),
      });
      await expect(put).rejects.not.toThrow('not-the-secret');
      await expect(bucket.exists('a')).rejects.toMatchObject({ code: 'store_denied' });
      await bucket.close();
    });

    itOfWhole('gives the checksum that the store itself compared', async () => {
      await inBucket({}, async (bucket) => {
        const bytes = Buffer.from('checked by the store');
        const put = await bucket.put('a', bytesSource(bytes), { crc32c: crc32c(bytes) });
        expect(put.crc32c).toBe(crc32c(bytes));
        expect((await bucket.attributes('a')).crc32c).toBe(crc32c(bytes));
      });
    });

    it('sends encryption, storage class and metadata with objects of both kinds', async () => {
      const config = {
        ...SMALL_PARTS,
        encrypt_sse: true,
        put_user_metadata: {
          'X-Amz-Storage-Class': 'STANDARD_IA',
          'Content-Type': 'application/x-varve',
          'Cache-Control': 'no-store',
          'X-Amz-Tagging': 'team=metrics',
          owner: 'me',
        },
      };
      // versitygw takes them and keeps some; moto keeps them all.
      await inBucket(config, async (bucket, bucketName) => {
        await bucket.put('single', bytesSource(Buffer.from('x')));
        await bucket.put('parts', countedBytes(6 * MIB));
        const client = plainClient(server.endpoint);
        for (const Key of ['single', 'parts']) {
          const where = { Bucket: bucketName, Key };
          const head = await client.send(new HeadObjectCommand(where));
          expect(head).toMatchObject({
            ContentType: 'application/x-varve',
            CacheControl: 'no-store',
            Metadata: { owner: 'me' },
          });
          const tags = await client.send(new GetObjectTaggingCommand(where));
          expect(tags.TagSet).toEqual([{ Key: 'team', Value: 'metrics' }]);
          if (isWhole) continue;
          expect(head.StorageClass).toBe('STANDARD_IA');
          expect(head.ServerSideEncryption).toBe('AES256');
        }
        client.destroy();
      });
    });
  });
});
