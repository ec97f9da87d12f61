import { expect, test } from 'vitest';
import { VarveError } from '../../../src/base/errors/varve-error.ts';
import { bytesSource } from '../../../src/bucket/put-sources.ts';
import { bringMeta, takeMetaAway } from '../../../src/bucket/take-meta-away.ts';
import { MemoryBucket } from '../../../storage-adapters/memory/memory-bucket.ts';

const ULID = '01M832KAJWMK22126GMWCXRFNA';
const KEY = `${ULID}/meta.json`;

test.each([
  ['damaged_object', false],
  ['store_unavailable', true],
  ['already_exists', true],
] as const)('after %s, that the meta.json stays is %s', async (code, stays) => {
  const bucket = new MemoryBucket({ nowMs: () => 0, monotonicMs: () => 0 });
  await bucket.put(KEY, bytesSource(Buffer.from('{}')));
  await takeMetaAway(bucket, ULID, { failure: new VarveError(code, 'failed'), call: {} });
  expect(await bucket.exists(KEY)).toBe(stays);
});

test('one that cannot be taken away is damaged still, and both failures are told', async () => {
  const bucket = new MemoryBucket({ nowMs: () => 0, monotonicMs: () => 0 });
  bucket.delete = () => Promise.reject(new VarveError('store_denied', 'no deletes'));
  const failure = new VarveError('damaged_object', 'other bytes');
  await expect(takeMetaAway(bucket, ULID, { failure, call: {} })).rejects.toMatchObject({
    code: 'damaged_object',
    message: 'other bytes; it could not be taken away: no deletes',
  });
});

test.each([
  ['one that came over damaged is written over, and nothing is deleted', 4, 0],
  ['one that never comes over is taken away', 9, 1],
])('%s', async (_, damagedTries, deletes) => {
  const bucket = new MemoryBucket({ nowMs: () => 0, monotonicMs: () => 0 });
  let [tries, deleted] = [0, 0];
  const remove = bucket.delete.bind(bucket);
  bucket.delete = (key) => {
    deleted++;
    return remove(key);
  };
  const send = async (): Promise<void> => {
    tries++;
    const isDamaged = tries <= damagedTries;
    await bucket.put(KEY, bytesSource(Buffer.from(isDamaged ? '{?' : '{}')));
    if (isDamaged) throw new VarveError('damaged_object', 'other bytes');
  };
  const told: string[] = [];
  const onDamaged = ({ message }: VarveError): void => void told.push(message);
  const brought = await bringMeta(bucket, ULID, { send, call: {}, onDamaged }).then(
    () => true,
    () => false,
  );
  expect([brought, tries, deleted]).toEqual([deletes === 0, 5, deletes]);
  expect(told).toEqual(Array(4).fill('other bytes'));
  expect(await bucket.exists(KEY)).toBe(deletes === 0);
});

test('what the store does not do is not tried again here', async () => {
  const bucket = new MemoryBucket({ nowMs: () => 0, monotonicMs: () => 0 });
  let tries = 0;
  const send = async (): Promise<void> => {
    tries++;
    throw new VarveError('store_unavailable', 'away');
  };
  await expect(bringMeta(bucket, ULID, { send, call: {} })).rejects.toThrow('away');
  expect(tries).toBe(1);
});
