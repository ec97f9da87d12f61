// Ways in which a block of a bucket can be wrong, as changes of its files: bytes anywhere, files that
// are missing or another block's, what meta.json says, what the index says with its checksums right.

import { crc32c } from '../../src/base/bytes/crc32c.ts';
import type { BlockMeta } from '../../src/block/meta/format.ts';
import { parseMeta } from '../../src/block/meta/parse.ts';
import { printMeta } from '../../src/block/meta/print.ts';
import type { SeededRandom } from '../support/seeded-random.ts';
import { sectionsOf } from './block/rows.ts';

/** The files of a block by their names in it. */
export type Files = Map<string, Uint8Array>;

/** What a mutation has at hand. */
export interface Mutating {
  readonly files: Files;
  readonly random: SeededRandom;
  /** The files of another block of the group. */
  readonly other: Files;
}

/** One way; false when this block has nothing that could be changed so. */
export type Mutate = (given: Mutating) => boolean | undefined;

export interface Mutation {
  readonly name: string;
  /**
   * `own`: found in blocks of Varve only, whose meta.json has a digest of itself: nothing else in the
   * block says the same a second time.
   */
  readonly shownBy: 'anybody' | 'own';
  readonly run: Mutate;
}

/** A copy of a file; empty for one that is not there. */
function read(files: Files, name: string): Buffer {
  return Buffer.from(files.get(name) ?? new Uint8Array());
}

function fileOf({ files, random }: Mutating, pattern: RegExp): string {
  return random.pick([...files.keys()].filter((name) => pattern.test(name)));
}

/** Changes the bytes of a file that matches. */
function bytes(
  pattern: RegExp,
  change: (file: Buffer, random: SeededRandom) => Uint8Array | undefined,
): Mutate {
  return (given) => {
    const name = fileOf(given, pattern);
    const before = read(given.files, name);
    const copy = Buffer.from(before);
    const after = Buffer.from(change(copy, given.random) ?? copy);
    if (after.equals(before)) return false;
    given.files.set(name, after);
    return true;
  };
}

const flipBit = (file: Buffer, random: SeededRandom): undefined => {
  const at = random.between(0, file.length);
  file.writeUInt8(file.readUInt8(at) ^ (1 << random.between(0, 8)), at);
  return undefined;
};
const someBytes = (file: Buffer, random: SeededRandom): undefined => {
  const at = random.between(0, file.length);
  Buffer.from(random.bytes(Math.min(random.between(1, 40), file.length - at))).copy(file, at);
  return undefined;
};
const cutOff = (file: Buffer, random: SeededRandom) =>
  file.subarray(0, random.between(0, file.length));
const takenOut = (file: Buffer, random: SeededRandom) => {
  const at = random.between(0, file.length);
  return Buffer.concat([file.subarray(0, at), file.subarray(at + random.between(1, 30))]);
};
const putIn = (file: Buffer, random: SeededRandom) => {
  const at = random.between(0, file.length + 1);
  const more = random.bytes(random.between(1, 30));
  return Buffer.concat([file.subarray(0, at), more, file.subarray(at)]);
};
const zeroed = (file: Buffer, random: SeededRandom): undefined => {
  const at = random.between(0, file.length);
  file.fill(0, at, Math.min(file.length, at + 64));
  return undefined;
};

const missing =
  (pattern: RegExp): Mutate =>
  (given) =>
    given.files.delete(fileOf(given, pattern));

/** The file of the same name of another block. */
const foreignFile =
  (pattern: RegExp): Mutate =>
  (given) => {
    const name = fileOf(given, pattern);
    const theirs = given.other.get(name);
    if (theirs === undefined || read(given.files, name).equals(theirs)) return false;
    given.files.set(name, theirs);
    return true;
  };

/** Changes what meta.json says, printed as it was: a digest of it stays that of before. */
function meta(change: (meta: BlockMeta, random: SeededRandom) => BlockMeta): Mutate {
  return ({ files, random }) => {
    const before = parseMeta(files.get('meta.json') ?? new Uint8Array(), 'meta.json');
    const after = Buffer.from(printMeta(change(before, random))).toString();
    // printMeta makes the digest anew, as nobody would who changes a file.
    const fresh = /"digest": "[0-9a-f]*"/;
    const old = read(files, 'meta.json').toString();
    files.set('meta.json', Buffer.from(after.replace(fresh, fresh.exec(old)?.[0] ?? '$&')));
    return true;
  };
}

const sized =
  (size: (bytes: number) => number): Mutate =>
  (given) => {
    const file = fileOf(given, /^(index|chunks\/)/);
    let isChanged = false;
    meta((one) => {
      const { thanos } = one;
      const files = thanos?.files.map((entry) => {
        if (entry.relPath !== file || entry.sizeBytes === undefined) return entry;
        isChanged = true;
        return { ...entry, sizeBytes: size(entry.sizeBytes) };
      });
      return thanos === undefined ? one : { ...one, thanos: { ...thanos, files: files ?? [] } };
    })(given);
    return isChanged;
  };

const texts =
  (from: RegExp, to: string): Mutate =>
  ({ files }) => {
    const before = read(files, 'meta.json').toString();
    const after = before.replace(from, to);
    files.set('meta.json', Buffer.from(after));
    return after !== before;
  };

/** Where the entries of the index's series stand: [start, end), checksum included. */
function entriesOf(index: Buffer): readonly { readonly start: number; readonly end: number }[] {
  const { postings, series } = sectionsOf(index);
  const found: { start: number; end: number }[] = [];
  for (let at = Math.ceil(series / 16) * 16; at < postings; ) {
    const { length, lengthBytes } = uvarintAt(index, at);
    const end = at + lengthBytes + length + 4;
    if (length === 0 || end > postings) break;
    found.push({ start: at, end });
    at = Math.ceil(end / 16) * 16;
  }
  return found;
}

function uvarintAt(from: Buffer, at: number): { length: number; lengthBytes: number } {
  let length = 0;
  let lengthBytes = 0;
  for (let scale = 1; ; scale *= 128) {
    const byte = from.readUInt8(at + lengthBytes++);
    length += (byte & 0x7f) * scale;
    if (byte < 0x80) return { length, lengthBytes };
  }
}

function resumEntry(index: Buffer, { end, start }: { start: number; end: number }): void {
  const { lengthBytes } = uvarintAt(index, start);
  index.writeUInt32BE(crc32c(index.subarray(start + lengthBytes, end - 4)), end - 4);
}

/** Changes bytes within one series' entry and makes its checksum right again. */
function entry(change: (index: Buffer, body: { start: number; end: number }) => boolean): Mutate {
  return ({ files, random }) => {
    const index = read(files, 'index');
    const one = random.pick(entriesOf(index));
    const { lengthBytes } = uvarintAt(index, one.start);
    if (!change(index, { start: one.start + lengthBytes, end: one.end - 4 })) return false;
    resumEntry(index, one);
    files.set('index', index);
    return true;
  };
}

/** Two entries of one length change places, each with its checksum. */
const swapped: Mutate = ({ files }) => {
  const index = read(files, 'index');
  const all = entriesOf(index);
  for (const [i, a] of all.entries()) {
    const b = all.find((one, at) => at > i && one.end - one.start === a.end - a.start);
    if (b === undefined) continue;
    const first = Buffer.from(index.subarray(a.start, a.end));
    index.copyWithin(a.start, b.start, b.end);
    first.copy(index, b.start);
    files.set('index', index);
    return true;
  }
  return false;
};

/** The labels of one series become those of the one before it: overlapping series. */
const doubled: Mutate = ({ files }) => {
  const index = read(files, 'index');
  const all = entriesOf(index);
  for (const [i, b] of all.entries()) {
    const a = all.at(i - 1);
    if (i === 0 || a === undefined) continue;
    const from = a.start + uvarintAt(index, a.start).lengthBytes;
    const to = b.start + uvarintAt(index, b.start).lengthBytes;
    const labelBytes = 1 + 2 * index.readUInt8(from);
    if (index.readUInt8(from) !== index.readUInt8(to)) continue;
    if (index.subarray(from, from + labelBytes).some((byte) => byte > 0x7f)) continue;
    index.copy(index, to, from, from + labelBytes);
    resumEntry(index, b);
    files.set('index', index);
    return true;
  }
  return false;
};

/** Where the chunks of an entry begin, behind its labels; all numbers of labels have one byte. */
function chunksAt(index: Buffer, start: number): number {
  return start + 1 + 2 * index.readUInt8(start);
}

const INDEX: readonly Mutation[] = [
  { name: 'series change places', shownBy: 'anybody', run: swapped },
  { name: 'the same series twice', shownBy: 'anybody', run: doubled },
  {
    name: 'labels change places',
    shownBy: 'anybody',
    run: entry((index, { start }) => {
      if (index.readUInt8(start) < 2) return false;
      const pair = Buffer.from(index.subarray(start + 1, start + 3));
      index.copyWithin(start + 1, start + 3, start + 5);
      pair.copy(index, start + 3);
      return true;
    }),
  },
  {
    name: 'a chunk begins earlier by the index',
    shownBy: 'anybody',
    run: entry((index, { start }) => {
      const at = chunksAt(index, start) + 1;
      const low = index.readUInt8(at);
      // The lowest bits of a zigzag number: another first time, in the block's range or not.
      index.writeUInt8(low ^ 2, at);
      return true;
    }),
  },
  {
    name: 'a chunk count that is none',
    shownBy: 'anybody',
    run: entry((index, { start }) => {
      const at = chunksAt(index, start);
      index.writeUInt8((index.readUInt8(at) + 1) & 0x7f, at);
      return true;
    }),
  },
  {
    name: 'a symbol that is none',
    shownBy: 'anybody',
    run: entry((index, { start }) => {
      index.writeUInt8(0x7f, start + 1);
      return true;
    }),
  },
];

const META: readonly Mutation[] = [
  { name: 'a size too small in meta.json', shownBy: 'anybody', run: sized((size) => size - 1) },
  { name: 'a size too large in meta.json', shownBy: 'anybody', run: sized((size) => size + 7) },
  {
    name: 'a file that is not there in meta.json',
    shownBy: 'anybody',
    run: meta((one) => {
      const { thanos } = one;
      if (thanos === undefined) return one;
      return {
        ...one,
        thanos: { ...thanos, files: [...thanos.files, { relPath: 'chunks/000999', sizeBytes: 9 }] },
      };
    }),
  },
  {
    name: 'a later version of meta.json',
    shownBy: 'anybody',
    run: texts(/"version": 1/, '"version": 2'),
  },
  {
    name: 'the ULID of another in meta.json',
    shownBy: 'anybody',
    run: meta((one) => ({ ...one, ulid: '01M832KAN0QZ64SZDDX46Z5711' })),
  },
  {
    name: 'a range that begins too late',
    shownBy: 'anybody',
    run: meta((one) => ({ ...one, minTimeMs: one.maxTimeMs - 1 })),
  },
  {
    name: 'a range that ends too early',
    shownBy: 'anybody',
    run: meta((one) => ({ ...one, maxTimeMs: one.minTimeMs + 1 })),
  },
  {
    name: 'a range that goes back',
    shownBy: 'anybody',
    run: meta((one) => ({ ...one, minTimeMs: one.maxTimeMs, maxTimeMs: one.minTimeMs })),
  },
  {
    name: 'another number of series',
    shownBy: 'anybody',
    run: meta((one) => ({ ...one, stats: { ...one.stats, numSeries: one.stats.numSeries + 1 } })),
  },
  {
    name: 'another number of chunks',
    shownBy: 'anybody',
    run: meta((one) => ({ ...one, stats: { ...one.stats, numChunks: one.stats.numChunks + 1 } })),
  },
  {
    name: 'another number of samples',
    shownBy: 'anybody',
    run: meta((one) => ({ ...one, stats: { ...one.stats, numSamples: one.stats.numSamples + 1 } })),
  },
  {
    name: 'another resolution',
    shownBy: 'own',
    run: meta((one) => {
      const { thanos } = one;
      return thanos === undefined ? one : { ...one, thanos: { ...thanos, resolutionMs: 300_000 } };
    }),
  },
  {
    name: 'labels that differ only by bytes',
    shownBy: 'own',
    run: texts(/"süd"/, '"su\u0308d"'),
  },
  {
    name: 'the sources of another',
    shownBy: 'own',
    run: (given) => {
      const theirs = parseMeta(given.other.get('meta.json') ?? new Uint8Array(), 'meta.json');
      const { sources } = theirs.compaction;
      return meta((one) => ({ ...one, compaction: { ...one.compaction, sources } }))(given);
    },
  },
  {
    name: 'a meta.json that is no JSON',
    shownBy: 'anybody',
    run: ({ files }) => files.set('meta.json', Buffer.from('{"ulid":')) !== undefined,
  },
  {
    name: 'a flipped bit in meta.json',
    shownBy: 'own',
    run: bytes(/^meta\.json$/, flipBit),
  },
];

const DATA = /^(index|chunks\/)/;

/** All of them. */
export const MUTATIONS: readonly Mutation[] = [
  { name: 'a flipped bit', shownBy: 'anybody', run: bytes(DATA, flipBit) },
  { name: 'a flipped bit in the index', shownBy: 'anybody', run: bytes(/^index$/, flipBit) },
  { name: 'other bytes', shownBy: 'anybody', run: bytes(DATA, someBytes) },
  { name: 'zeros', shownBy: 'anybody', run: bytes(DATA, zeroed) },
  { name: 'an index cut off', shownBy: 'anybody', run: bytes(/^index$/, cutOff) },
  { name: 'chunks cut off', shownBy: 'anybody', run: bytes(/^chunks/, cutOff) },
  { name: 'bytes taken out', shownBy: 'anybody', run: bytes(DATA, takenOut) },
  { name: 'bytes put in', shownBy: 'anybody', run: bytes(DATA, putIn) },
  { name: 'no index', shownBy: 'anybody', run: missing(/^index$/) },
  { name: 'no chunks', shownBy: 'anybody', run: missing(/^chunks/) },
  { name: 'no meta.json', shownBy: 'anybody', run: missing(/^meta\.json$/) },
  { name: 'the index of another', shownBy: 'anybody', run: foreignFile(/^index$/) },
  { name: 'the chunks of another', shownBy: 'anybody', run: foreignFile(/^chunks/) },
  { name: 'two blocks with one ULID', shownBy: 'anybody', run: foreignFile(/^meta\.json$/) },
  {
    name: 'tombstones that are none',
    shownBy: 'anybody',
    run: ({ files, random }) => files.set('tombstones', random.bytes(20)) !== undefined,
  },
  ...META,
  ...INDEX,
];
