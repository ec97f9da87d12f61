import { describe, expect, it, test } from 'vitest';
import { MANUAL, type Mark, parseMark, printMark } from '../../../../src/bucket/marks/format.ts';
import { removeMark, setMark } from '../../../../src/bucket/marks/writer.ts';
import { BucketWorld, ULIDS } from '../../../support/bucket-world.ts';

const [A] = ULIDS;
const mark = (timeMs: number, more: Partial<Mark> = {}): Mark => ({
  ulid: A,
  timeMs,
  details: 'in another',
  reason: '',
  ...more,
});
const printed = (one: Mark, name: string): string => Buffer.from(printMark(one, name)).toString();

describe('printed as Go prints Thanos’s structures:', () => {
  it.each<[string, string, Mark, string]>([
    [
      'a deletion mark',
      'deletion-mark.json',
      mark(1_767_225_600_999),
      `{"id":"${A}","version":1,"details":"in another","deletion_time":1767225600}`,
    ],
    [
      'without details',
      'deletion-mark.json',
      mark(0, { details: '' }),
      `{"id":"${A}","version":1,"deletion_time":0}`,
    ],
    [
      'with Varve’s reason',
      'deletion-mark.json',
      mark(0, { details: '', reason: 'retention' }),
      `{"id":"${A}","version":1,"deletion_time":0,"reason":"retention"}`,
    ],
    [
      'no compaction',
      'no-compact-mark.json',
      mark(5000, { reason: MANUAL }),
      `{"id":"${A}","version":1,"details":"in another","no_compact_time":5,"reason":"manual"}`,
    ],
    [
      'no downsampling',
      'no-downsample-mark.json',
      mark(5000, { details: '' }),
      `{"id":"${A}","version":1,"no_downsample_time":5,"reason":""}`,
    ],
    [
      'what HTML would take',
      'deletion-mark.json',
      mark(0, { details: '<&>\u2028"' }),
      `{"id":"${A}","version":1,"details":"\\u003c\\u0026\\u003e\\u2028\\"","deletion_time":0}`,
    ],
  ])('%s', (_, name, one, text) => {
    expect(printed(one, name)).toBe(text);
    const seconds = Math.floor(one.timeMs / 1000) * 1000;
    expect(parseMark(printMark(one, name), name, name)).toEqual({ ...one, timeMs: seconds });
  });
});

describe.each([true, false])('a store with conditional writes: %s', (isConditional) => {
  const name = 'deletion-mark.json';

  it('sets a mark once; the first one stays', async () => {
    const { bucket, ...world } = new BucketWorld();
    expect(await setMark(bucket, { name, mark: mark(1000) }, { isConditional })).toBe('set');
    expect(await setMark(bucket, { name, mark: mark(9000) }, { isConditional })).toBe('there');
    const key = `${A}/${name}`;
    const pieces: Uint8Array[] = [];
    for await (const piece of bucket.get(key)) pieces.push(piece);
    expect(parseMark(Buffer.concat(pieces), name, key).timeMs).toBe(1000);
    expect(world.disk.allFiles()).toEqual([]);
  });

  it('takes it away, and says whether there was one', async () => {
    const { bucket } = new BucketWorld();
    await setMark(bucket, { name, mark: mark(1000) }, { isConditional });
    expect(await removeMark(bucket, { ulid: A, name })).toBe(true);
    expect(await removeMark(bucket, { ulid: A, name })).toBe(false);
    expect(await setMark(bucket, { name, mark: mark(2000) }, { isConditional })).toBe('set');
  });
});

test('of two who mark at once one sets it', async () => {
  const { bucket } = new BucketWorld();
  const both = [1000, 2000].map((timeMs) =>
    setMark(bucket, { name: 'no-compact-mark.json', mark: mark(timeMs) }, { isConditional: true }),
  );
  expect((await Promise.all(both)).sort()).toEqual(['set', 'there']);
});
