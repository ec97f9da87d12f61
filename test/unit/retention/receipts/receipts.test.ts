import { expect, it, test } from 'vitest';
import { UlidMaker } from '../../../../src/base/model/ulid.ts';
import { receiptKey } from '../../../../src/bucket/layout.ts';
import { parseReceipt, type ReceiptBlock } from '../../../../src/retention/receipts/format.ts';
import { beginReceipt } from '../../../../src/retention/receipts/writer.ts';
import { BucketWorld, ULIDS } from '../../../support/bucket-world.ts';

const [A, B, C] = ULIDS;

function block(ulid: string): ReceiptBlock {
  return {
    ulid,
    labels: [{ name: '__proto__', value: 'é' }],
    minTimeMs: 0,
    maxTimeMs: 7_200_000,
    resolutionMs: 0,
    numSamples: 5,
    sizeBytes: 9,
    reason: 'superseded',
    details: `in block ${C}`,
    successors: [C],
    markedMs: 1000,
  };
}

test('a receipt names what will be deleted before, and what came of it after', async () => {
  const world = new BucketWorld();
  const { bucket, clock } = world;
  const ulids = new UlidMaker(clock, world.random);
  const begunMs = clock.nowMs();
  const receipt = await beginReceipt({ bucket, clock, ulids, holder: 'h-1' }, [block(A), block(B)]);
  expect(receipt.key).toMatch(/^varve\/receipts\/2026-12-01\/[0-9A-Z]{26}\.json$/);
  const read = async () => parseReceipt(await world.get(receipt.key), receipt.key);
  const planned = { state: 'planned' };
  expect(await read()).toMatchObject({
    holder: 'h-1',
    begunMs,
    endedMs: undefined,
    blocks: [
      { ...block(A), ...planned },
      { ...block(B), ...planned },
    ],
  });
  await clock.advance(50);
  receipt.deleted(A);
  receipt.kept(B, 'its mark was taken away');
  await clock.advance(50);
  await receipt.end();
  expect(await read()).toMatchObject({
    endedMs: begunMs + 100,
    blocks: [
      { ...block(A), state: 'deleted', deletedMs: begunMs + 50 },
      { ...block(B), state: 'kept', why: 'its mark was taken away' },
    ],
  });
  expect((await world.get(receipt.key)).toString().split('\n')).toHaveLength(5);
  expect(await world.keys()).toEqual([receipt.key]);
});

test('keys that are none are a mistake of ours', () => {
  expect(() => receiptKey('2026-1-1', A)).toThrow();
  expect(() => receiptKey('2026-01-01', 'x')).toThrow();
});

it.each([
  ['{', /not JSON/],
  ['[]', /not a JSON object/],
  ['{"version":2}', /version 2 is not known/],
  ['{"version":1}', /who deleted/],
  [`{"version":1,"ulid":"${A}","holder":"h","begunMs":1}`, /no list of blocks/],
  [`{"version":1,"ulid":"${A}","holder":"h","begunMs":1,"blocks":[1]}`, /a block is no object/],
  [`{"version":1,"ulid":"${A}","holder":"h","begunMs":1,"blocks":[{}]}`, /no ulid, state/],
])('no receipt: %s', (text, says) => {
  expect(() => parseReceipt(Buffer.from(text), 'r')).toThrow(says);
});
