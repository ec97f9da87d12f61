import { describe, expect, it } from 'vitest';
import { VarveError } from '../../../../src/base/errors/varve-error.ts';
import { printClaim } from '../../../../src/wal/archive/format.ts';
import { ArchiveWorld } from '../../../support/archive-world.ts';

const FIRST = '00000001/000000000001';
const SECOND = '00000001/000000000002';
const CLAIM = '00000001/claim.json';

function block(segment: number, uploaded: boolean) {
  return { ulid: '0'.repeat(26), minTimeMs: 0, maxTimeMs: 10, segment, offset: 0, uploaded };
}

describe('what leaves', () => {
  it('is what was synced, once, and nothing when nothing was', async () => {
    const world = new ArchiveWorld();
    world.write('00000000', 'abcdef');
    world.synced = { segment: 0, offset: 4 };
    expect(await world.round()).toMatchObject({ pieces: 1, waitingBytes: 0, more: false });
    expect(await world.round()).toMatchObject({ pieces: 0 });
    expect((await world.piece(FIRST)).texts).toEqual(['abcd']);
    world.synced = { segment: 1, offset: 0 };
    await world.round();
    expect((await world.piece(SECOND)).texts).toEqual(['ef']);
    expect(world.bucket.puts).toBe(3); // the claim, too
  });

  it('comes in pieces of the size that is allowed, one a round, while there is more', async () => {
    const world = new ArchiveWorld({ pieceBytesMax: 4 });
    world.write('00000000', 'abcdef');
    world.synced = { segment: 1, offset: 0 };
    expect(await world.round()).toMatchObject({ waitingBytes: 2, more: true });
    expect(await world.round()).toMatchObject({ waitingBytes: 0, more: false });
    expect((await world.piece(SECOND)).texts).toEqual(['ef']);
  });

  it('is not held up by own metrics, which ride along', async () => {
    const world = new ArchiveWorld();
    world.write('00000000', 'abc');
    world.synced = { segment: 0, offset: 3 };
    expect(await world.round('varve')).toMatchObject({ pieces: 0 });
    expect(await world.round('a')).toMatchObject({ pieces: 1 });
  });

  it('goes on after a restart where it was', async () => {
    const world = new ArchiveWorld();
    world.write('00000000', 'abcdef');
    world.synced = { segment: 0, offset: 4 };
    await world.round();
    world.restarted();
    world.synced = { segment: 1, offset: 0 };
    await world.round();
    expect((await world.piece(SECOND)).texts).toEqual(['ef']);
  });

  it('is sent anew when a piece that is counted on is gone from the bucket', async () => {
    const world = new ArchiveWorld();
    world.write('00000000', 'abcdef');
    world.synced = { segment: 0, offset: 4 };
    await world.round();
    await world.bucket.delete(`varve/wal/g/${FIRST}`);
    world.restarted();
    await world.round();
    expect((await world.piece(SECOND)).texts).toEqual(['abcd']);
  });
});

describe('a checkpoint', () => {
  async function twoSegments(): Promise<ArchiveWorld> {
    const world = new ArchiveWorld();
    world.write('00000000', 'old');
    world.write('00000001', 'new');
    world.synced = { segment: 1, offset: 3 };
    await world.round();
    world.remove('00000000');
    world.write('checkpoint.00000000/00000000', 'kept');
    return world;
  }

  it('is sent when its blocks are in the bucket, and older pieces go behind it', async () => {
    const world = await twoSegments();
    world.blocks = { ...world.blocks, cut: [block(1, false)], areUploaded: false };
    expect(await world.round()).toMatchObject({ pieces: 0 });
    expect(await world.keys()).toEqual([FIRST, CLAIM]);

    world.blocks = { ...world.blocks, cut: [block(1, true)], areUploaded: true };
    await world.round();
    const { header, texts } = await world.piece(SECOND);
    expect(texts).toEqual(['kept']);
    expect(header.streams).toMatchObject([
      { base: 0, checkpoint: { number: 0, sizes: [4] }, blocks: [{ segment: 1, uploaded: true }] },
    ]);
    // The first piece holds segment 1, too.
    expect(await world.keys()).toEqual([FIRST, SECOND, CLAIM]);

    world.synced = { segment: 2, offset: 0 };
    world.remove('00000001');
    world.remove('checkpoint.00000000');
    world.write('checkpoint.00000001/00000000', '');
    world.write('00000002', 'x');
    world.synced = { segment: 2, offset: 1 };
    await world.round();
    expect(await world.keys()).toEqual(['00000001/000000000003', CLAIM]);
  });

  it('comes first when segments went before they were sent; then older pieces stay', async () => {
    const world = new ArchiveWorld();
    world.write('00000000', 'old');
    world.synced = { segment: 0, offset: 2 };
    await world.round();
    world.remove('00000000');
    world.write('checkpoint.00000001/00000000', 'kept');
    world.write('00000002', 'new');
    world.synced = { segment: 2, offset: 3 };
    world.blocks = { ...world.blocks, cut: [block(1, false)], areUploaded: false };
    await world.round();
    const { header, texts } = await world.piece(SECOND);
    expect(texts).toEqual(['kept', 'new']);
    expect(header.streams).toMatchObject([{ base: -1 }]);
    expect(await world.keys()).toEqual([FIRST, SECOND, CLAIM]);

    // The blocks arrive: it is told, and what came before may go.
    world.blocks = { ...world.blocks, cut: [block(1, true)], areUploaded: true };
    await world.round();
    const third = '00000001/000000000003';
    expect((await world.piece(third)).header.streams).toMatchObject([{ base: 1, parts: [] }]);
    expect(await world.keys()).toEqual([SECOND, third, CLAIM]);
  });
});

it('a stream that nobody writes to is sent anew when too much is held for it', async () => {
  const world = new ArchiveWorld({ piecesMax: 2 });
  world.write('00000000', 'idle');
  world.synced = { segment: 1, offset: 0 };
  const streamsOf = (offset: number) => [
    { ...idle, synced: world.synced },
    { ...idle, name: 'b', dir: '/tsdb/b', synced: { segment: 0, offset } },
  ];
  const idle = { name: 'a', dir: '/tsdb/a', identity: { tenant: 'a', lifted: [] } };
  world.disk.makeDir('/tsdb/b/wal');
  world.disk.replaceFile('/tsdb/b/origin.json', Buffer.from('{}'));
  world.disk.replaceFile('/tsdb/b/wal/00000000', Buffer.from('busy busy busy'));
  for (let offset = 1; offset <= 8; offset++) await world.archiver.round(streamsOf(offset));
  const keys = await world.keys();
  const all = await Promise.all(
    keys.filter((key) => key !== CLAIM).map(async (key) => (await world.piece(key)).texts),
  );
  expect(all.flat()).toContain('idle');
  expect(keys).not.toContain(FIRST);
});

describe('another piece stands where ours should go', () => {
  it('it is ours, its answer was lost: the next number is taken', async () => {
    const world = new ArchiveWorld();
    world.write('00000000', 'abcdef');
    world.synced = { segment: 0, offset: 4 };
    await world.round();
    world.synced = { segment: 0, offset: 5 };
    const error = new VarveError('store_unavailable', 'no answer');
    world.bucket.failures.push({ isDone: true, error });
    await expect(world.round()).rejects.toThrow('no answer');
    world.synced = { segment: 0, offset: 6 };
    expect(await world.round()).toMatchObject({ pieces: 0, more: true });
    await world.round();
    expect((await world.piece('00000001/000000000003')).texts).toEqual(['ef']);
  });

  it('a second process under the name finds out, and writes nothing', async () => {
    const world = new ArchiveWorld();
    world.write('00000000', 'abcdef');
    world.synced = { segment: 0, offset: 4 };
    await world.round();
    const first = world.archiver;
    world.restarted();
    world.synced = { segment: 0, offset: 5 };
    await world.round();
    world.archiver = first;
    world.synced = { segment: 0, offset: 6 };
    await expect(world.round()).rejects.toMatchObject({ code: 'locked' });
    await expect(world.round()).rejects.toMatchObject({ code: 'locked' });
    expect(await world.keys()).toEqual([FIRST, SECOND, CLAIM]);
  });

  it('a machine that comes back after a restore elsewhere is told', async () => {
    const world = new ArchiveWorld();
    world.write('00000000', 'abc');
    world.synced = { segment: 0, offset: 2 };
    await world.round();
    const claim = printClaim({ version: 1, instance: 'other', createdMs: 0 });
    const source = {
      sizeBytes: claim.length,
      async *read() {
        yield claim;
      },
    };
    await world.bucket.put('varve/wal/g/00000002/claim.json', source);
    world.restarted();
    world.synced = { segment: 0, offset: 3 };
    await expect(world.round()).rejects.toThrow(/taken over by a restore \(epoch 2\)/);
    expect(await world.keys()).not.toContain(SECOND);
  });

  it('the archive of another directory is left alone', async () => {
    const world = new ArchiveWorld();
    world.synced = { segment: 0, offset: 0 };
    await world.round();
    world.disk.removeFile('/tsdb/.varve/wal-archive.json');
    world.restarted();
    await expect(world.round()).rejects.toThrow(/holds the log of another directory/);
  });
});

describe('a piece that the store holds other than it was sent', () => {
  /** A trailer is the last 4 bytes, `abcd` those before. */
  const IN_THE_BODY = -5;
  const IN_THE_HEADER = 20;

  async function damaged(...places: readonly number[]): Promise<ArchiveWorld> {
    const world = new ArchiveWorld();
    world.write('00000000', 'abcdef');
    world.synced = { segment: 0, offset: 4 };
    world.bucket.damages.push(...places);
    return world;
  }

  it.each([IN_THE_BODY, IN_THE_HEADER])('is found out and sent again (%d)', async (place) => {
    const world = await damaged(place);
    expect(await world.round()).toMatchObject({ pieces: 0, waitingBytes: 0, more: true });
    expect(world.logger.records.at(-1)).toMatchObject({ level: 'error' });
    expect(await world.round()).toMatchObject({ pieces: 1, more: false });
    expect((await world.piece(SECOND)).texts).toEqual(['abcd']);
    expect(await world.round()).toMatchObject({ pieces: 0 });
  });

  it('twice ends the round, and the next one sends it', async () => {
    const world = await damaged(IN_THE_BODY, IN_THE_BODY);
    await world.round();
    await expect(world.round()).rejects.toMatchObject({ code: 'damaged_object' });
    expect(await world.round()).toMatchObject({ pieces: 1 });
    expect((await world.piece('00000001/000000000003')).texts).toEqual(['abcd']);
  });

  it('is not believed by the next life of the process either', async () => {
    const world = await damaged(IN_THE_BODY);
    await world.round();
    world.restarted();
    await world.round();
    expect((await world.piece(SECOND)).texts).toEqual(['abcd']);
  });

  it('lets no older piece go, and goes itself when it is old', async () => {
    const world = await damaged();
    world.synced = { segment: 1, offset: 0 };
    await world.round();
    world.remove('00000000');
    world.write('checkpoint.00000000/00000000', 'kept');
    world.synced = { segment: 1, offset: 0 };
    world.bucket.damages.push(IN_THE_BODY);
    await world.round();
    expect(await world.keys()).toEqual([FIRST, SECOND, CLAIM]);
    await world.round();
    expect(await world.keys()).toEqual(['00000001/000000000003', CLAIM]);
  });

  it('costs one request a piece to be found out', async () => {
    const world = await damaged();
    const operations: string[] = [];
    const bucket = world.bucket.observedBy(({ operation }) => void operations.push(operation));
    world.restarted({ bucket });
    await world.round();
    expect(operations.slice(-2)).toEqual(['put', 'get']);
  });
});

it('a file that goes while it is read costs its stream a round, and what is there then is planned', async () => {
  const world = new ArchiveWorld();
  world.write('00000000', 'abc');
  world.synced = { segment: 0, offset: 3 };
  const stat = world.disk.stat.bind(world.disk);
  world.disk.stat = (path) => {
    const found = stat(path);
    if (path.endsWith('00000000') && found !== undefined) world.remove('00000000');
    return found;
  };
  expect(await world.round()).toMatchObject({ pieces: 0, waitingBytes: 3, more: false });
  expect(world.logger.records.at(-1)).toMatchObject({ level: 'error', fields: { stream: 'a' } });
  world.disk.stat = stat;
  world.write('00000001', 'def');
  world.synced = { segment: 1, offset: 3 };
  await world.round();
  expect((await world.piece(FIRST)).texts).toEqual(['def']);
});
