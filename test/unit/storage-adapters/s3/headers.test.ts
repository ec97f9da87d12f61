import { expect, test } from 'vitest';
import { crc32c } from '../../../../src/base/bytes/crc32c.ts';
import {
  conditionHeaders,
  crc32cText,
  s3Headers,
  wholeCrc32c,
} from '../../../../storage-adapters/s3/headers.ts';
import { MemoryDisk } from '../../../support/memory-disk.ts';

const PREFIX = 'x-amz-server-side-encryption';

test('SSE-S3 and what the user wants kept go with puts only', () => {
  expect(s3Headers({ type: 'SSE-S3' }, [['x-amz-acl', 'private']], new MemoryDisk())).toEqual({
    ofPuts: [
      ['x-amz-acl', 'private'],
      [PREFIX, 'AES256'],
    ],
    ofKeys: [],
  });
});

test('SSE-KMS has its key, and its context as JSON in base64', () => {
  const kms = { type: 'SSE-KMS', keyId: 'k', context: [['team', 'a"b']] } as const;
  const { ofPuts, ofKeys } = s3Headers(kms, [], new MemoryDisk());
  const context = new Map(ofPuts).get(`${PREFIX}-context`) ?? '';
  expect(JSON.parse(Buffer.from(context, 'base64').toString())).toEqual({ team: 'a"b' });
  expect(ofPuts.slice(0, 2)).toEqual([
    [PREFIX, 'aws:kms'],
    [`${PREFIX}-aws-kms-key-id`, 'k'],
  ]);
  expect(ofKeys).toEqual([]);
  expect(s3Headers({ ...kms, context: [] }, [], new MemoryDisk()).ofPuts).toHaveLength(2);
});

test('SSE-C sends its key with reads too, and refuses one of another length', () => {
  const disk = new MemoryDisk();
  const write = (path: string, length: number) => {
    const file = disk.openSync(path, 'create');
    file.write(new Uint8Array(length).fill(7), 0);
    file.close();
  };
  write('/key', 32);
  write('/short', 31);
  const { ofPuts, ofKeys } = s3Headers({ type: 'SSE-C', keyFile: '/key' }, [], disk);
  expect(ofKeys).toEqual(ofPuts);
  expect(new Map(ofKeys).get(`${PREFIX}-customer-key`)).toBe(
    Buffer.alloc(32, 7).toString('base64'),
  );
  expect(() => s3Headers({ type: 'SSE-C', keyFile: '/short' }, [], disk)).toThrow(
    'sse_config.encryption_key: /short has 31 bytes, a key of SSE-C has 32',
  );
});

test('conditions', () => {
  expect(conditionHeaders({})).toEqual([]);
  expect(conditionHeaders({ ifAbsent: true })).toEqual([['if-none-match', '*']]);
  expect(conditionHeaders({ ifVersion: '"e"' })).toEqual([['if-match', '"e"']]);
});

test('only a checksum of the whole object counts', () => {
  const crc = crc32c(Buffer.from('123456789'));
  expect(crc32cText(crc)).toBe('4waSgw==');
  const said = { ChecksumCRC32C: '4waSgw==', ETag: '"abc"' };
  expect(wholeCrc32c({ ...said, ChecksumType: 'FULL_OBJECT' })).toBe(crc);
  expect(wholeCrc32c({ ...said, ETag: '"abc-2"', ChecksumType: 'FULL_OBJECT' })).toBe(crc);
  expect(wholeCrc32c(said)).toBe(crc);
  expect(wholeCrc32c({ ...said, ChecksumType: 'COMPOSITE' })).toBeUndefined();
  expect(wholeCrc32c({ ...said, ETag: '"abc-2"' })).toBeUndefined();
  expect(wholeCrc32c({ ChecksumCRC32C: '4waSgw==-2' })).toBeUndefined();
  expect(wholeCrc32c({ ETag: '"abc"' })).toBeUndefined();
});
