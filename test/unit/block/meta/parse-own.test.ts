import { expect, it } from 'vitest';
import { parseMeta } from '../../../../src/block/meta/parse.ts';
import { parseOwnMeta } from '../../../../src/block/meta/parse-own.ts';
import { digestHolds } from '../../../../src/block/meta/print.ts';
import { BucketWorld, ULIDS } from '../../../support/bucket-world.ts';

const [A] = ULIDS;

async function written(): Promise<Buffer> {
  const world = new BucketWorld();
  await world.putBlock(A);
  return world.get(`${A}/meta.json`);
}

it('takes what Varve wrote, and no byte of it changed', async () => {
  const bytes = await written();
  const meta = parseMeta(bytes, 'm');
  expect([parseOwnMeta(bytes, 'm').ulid, digestHolds(bytes, meta)]).toEqual([A, true]);
  for (let at = 0; at < bytes.length; at++) {
    const changed = Buffer.from(bytes);
    changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
    expect(() => parseOwnMeta(changed, 'm'), `byte ${at}`).toThrow(/^m/);
  }
});

it('takes what somebody wrote who leaves no digest', async () => {
  const json = JSON.parse((await written()).toString()) as { thanos: { extensions?: unknown } };
  delete json.thanos.extensions;
  expect(parseOwnMeta(Buffer.from(JSON.stringify(json)), 'm').ulid).toBe(A);
});
