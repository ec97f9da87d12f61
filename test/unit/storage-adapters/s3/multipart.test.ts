import { afterEach, describe, expect, test } from 'vitest';
import { crc32c } from '../../../../src/base/bytes/crc32c.ts';
import { bytesSource } from '../../../../src/bucket/put-sources.ts';
import { crc32cText } from '../../../../storage-adapters/s3/headers.ts';
import { partSizeOf } from '../../../../storage-adapters/s3/multipart.ts';
import { type Arrived, errorBody, fakeS3, type Said } from './fake-s3.ts';

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

async function fake(...args: Parameters<typeof fakeS3>) {
  const made = await fakeS3(...args);
  stops.push(made.stop);
  return made;
}

const bytes = Buffer.from('0123456789abcdefghij');
const CREATED =
  '<InitiateMultipartUploadResult><UploadId>U</UploadId></InitiateMultipartUploadResult>';
const COMPLETED =
  '<CompleteMultipartUploadResult><ETag>"e-3"</ETag></CompleteMultipartUploadResult>';

/** A store that does as it is asked, unless `other` says something. */
function store(other: (request: Arrived) => Said | undefined = () => undefined) {
  return (request: Arrived): Said => {
    const said = other(request);
    if (said !== undefined) return said;
    const { method, url } = request;
    if (method === 'POST') return { body: url.includes('uploads') ? CREATED : COMPLETED };
    if (method === 'DELETE') return { status: 204 };
    if (method === 'HEAD') return { headers: { etag: '"e-3"', 'content-length': '20' } };
    return { headers: { etag: `"${new URL(url, 'http://x').searchParams.get('partNumber')}"` } };
  };
}

const open = (other?: (request: Arrived) => Said | undefined) =>
  fake(store(other), { config: { partSizeBytes: 8 } });

test('parts are at most 10,000, larger than configured where they must be', () => {
  expect(partSizeOf(100, 8)).toBe(8);
  expect(partSizeOf(80_000, 8)).toBe(8);
  expect(partSizeOf(80_001, 8)).toBe(9);
});

test('up to the size of a part it is one request, above it parts with their bytes', async () => {
  const { bucket, arrived, told } = await open();
  await bucket.put('one', bytesSource(bytes.subarray(0, 8)));
  expect(told.map(({ operation }) => operation)).toEqual(['PutObject']);
  const { version } = await bucket.put('a', bytesSource(bytes));
  expect(version).toBe('"e-3"');
  const parts = arrived.filter(({ url }) => url.includes('partNumber'));
  expect(parts.map(({ body }) => body.toString()).sort()).toEqual(['01234567', '89abcdef', 'ghij']);
  const end = arrived.at(-1)?.body.toString() ?? '';
  expect([...end.matchAll(/<PartNumber>(\d)</g)].map(([, number]) => number)).toEqual([
    '1',
    '2',
    '3',
  ]);
  expect(told.filter(({ operation }) => operation === 'UploadPart')).toHaveLength(3);
  expect(told.every((request) => request.class === 'write' && request.ok)).toBe(true);
  expect(told.reduce((sum, { sentBytes }) => sum + sentBytes, 0)).toBe(28);
});

describe('checksums', () => {
  const put = async (said: Readonly<Record<string, string>>) => {
    const { bucket, arrived } = await open(({ url }) =>
      url.includes('uploads') ? { headers: said, body: CREATED } : undefined,
    );
    await bucket.put('a', bytesSource(bytes), { crc32c: crc32c(bytes) });
    const header = (match: string) =>
      arrived.filter(({ url }) => url.includes(match)).map(({ headers }) => headers);
    return {
      create: header('uploads')[0],
      parts: header('partNumber'),
      end: arrived.findLast(({ method }) => method === 'POST'),
    };
  };

  test('go with the parts and the whole where the store says that it keeps them', async () => {
    const { create, parts, end } = await put({
      'x-amz-checksum-algorithm': 'CRC32C',
      'x-amz-checksum-type': 'FULL_OBJECT',
    });
    expect(create).toMatchObject({
      'x-amz-checksum-algorithm': 'CRC32C',
      'x-amz-checksum-type': 'FULL_OBJECT',
    });
    expect(parts.map((one) => one['x-amz-checksum-crc32c']).sort()).toEqual(
      ['01234567', '89abcdef', 'ghij'].map((text) => crc32cText(crc32c(Buffer.from(text)))).sort(),
    );
    expect(end?.headers['x-amz-checksum-crc32c']).toBe(crc32cText(crc32c(bytes)));
    expect(end?.headers['x-amz-checksum-type']).toBe('FULL_OBJECT');
  });

  test('only with the parts where it keeps none of the whole', async () => {
    const { parts, end } = await put({ 'x-amz-checksum-algorithm': 'CRC32C' });
    expect(parts.every((one) => one['x-amz-checksum-crc32c'] !== undefined)).toBe(true);
    expect(end?.headers['x-amz-checksum-crc32c']).toBeUndefined();
    expect(end?.body.toString()).toContain('<ChecksumCRC32C>');
  });

  test('not at all where it knows nothing of them', async () => {
    const { parts, end } = await put({});
    expect(parts.every((one) => one['x-amz-checksum-crc32c'] === undefined)).toBe(true);
    expect(end?.body.toString()).not.toContain('Checksum');
  });
});

describe('what fails is taken back', () => {
  const outcome = async (
    other: (request: Arrived) => Said | undefined,
    crc = crc32c(bytes),
  ): Promise<{ code: string; operations: string[]; warned: string[] }> => {
    const { bucket, told, logger } = await open(other);
    const put = bucket.put('a', bytesSource(bytes), { crc32c: crc, ifAbsent: true });
    const code = await put.then(
      () => 'none',
      (error) => error.code,
    );
    const operations = told.map(({ operation }) => operation);
    return { code, operations, warned: logger.records.map(({ message }) => message) };
  };

  test('a part that is refused', async () => {
    const { code, operations } = await outcome(({ url }) =>
      url.includes('partNumber=2') ? { status: 500, body: errorBody('InternalError') } : undefined,
    );
    expect([code, operations.at(-1)]).toEqual(['store_unavailable', 'AbortMultipartUpload']);
    expect(operations).not.toContain('CompleteMultipartUpload');
  });

  test('another checksum than said', async () => {
    const { code, operations } = await outcome(() => undefined, 1);
    expect([code, operations.at(-1)]).toEqual(['damaged_object', 'AbortMultipartUpload']);
    expect(operations).not.toContain('CompleteMultipartUpload');
  });

  test('a condition that does not hold in the end', async () => {
    const { code, operations } = await outcome(({ method, headers }) =>
      method === 'POST' && headers['if-none-match'] === '*'
        ? { status: 412, body: errorBody('PreconditionFailed') }
        : undefined,
    );
    expect([code, operations.at(-1)]).toEqual(['already_exists', 'AbortMultipartUpload']);
  });

  test('an error behind a status of success', async () => {
    const { code } = await outcome(({ method, url }) =>
      method === 'POST' && url.includes('uploadId') ? { body: errorBody('SlowDown') } : undefined,
    );
    expect(code).toBe('store_throttled');
  });

  test('taking back goes on until the store does not know the upload', async () => {
    let aborts = 0;
    const { operations, warned } = await outcome(({ method, url }) => {
      if (method !== 'DELETE') return url.includes('partNumber=1') ? { status: 403 } : undefined;
      aborts++;
      if (aborts === 1) return { status: 500 };
      return aborts === 2 ? undefined : { status: 404, body: errorBody('NoSuchUpload') };
    });
    expect(operations.filter((one) => one === 'AbortMultipartUpload')).toHaveLength(3);
    expect(warned).toEqual([]);
  });

  test('taking back that fails is said, and the first error is the one', async () => {
    const { code, warned } = await outcome(({ method, url }) => {
      if (method === 'DELETE') return { status: 500 };
      return url.includes('partNumber=1') ? { status: 403 } : undefined;
    });
    expect(code).toBe('store_denied');
    expect(warned).toEqual(['an upload in parts could not be taken back, the sweep will']);
  });
});
