// Brings one piece of an archive to the disk: its parts go to their places in files that lie as in
// a log, beside those of the other pieces.

import { crc32c } from '../../base/bytes/crc32c.ts';
import { asVarveError, VarveError } from '../../base/errors/varve-error.ts';
import type { Disk, SyncFile } from '../../base/runtime/disk.ts';
import { walDir } from '../../block/paths.ts';
import type { BucketReader } from '../../bucket/bucket.ts';
import {
  type PieceHeader,
  type PiecePart,
  PREAMBLE_BYTES,
  parseHeader,
  parsePreamble,
  parseTrailer,
  TRAILER_BYTES,
} from '../archive/format.ts';
import { rangeOf } from '../archive/range-of.ts';
import { ByteStream } from './byte-stream.ts';

/** What came of a piece. */
export interface FetchedPiece {
  readonly key: string;
  /** Undefined when not even that could be read. */
  readonly header: PieceHeader | undefined;
  /** Parts whose bytes are on the disk as they were sent. */
  readonly parts: ReadonlySet<PiecePart>;
  /** What is wrong with it; empty for a good one. */
  readonly faults: readonly string[];
}

export interface FetchOptions {
  readonly bucket: BucketReader;
  readonly disk: Disk;
  /** Where a stream's files go; undefined for a name that no stream has. */
  readonly dirOf: (stream: string) => string | undefined;
}

/** A piece that came damaged is brought so often: bytes may have changed on the way only. */
const FETCHES_MAX = 3;

/** Damage is told, not thrown; throws what the disk throws, and a store that is away. */
export async function fetchPiece(options: FetchOptions, key: string): Promise<FetchedPiece> {
  for (let fetches = 1; ; fetches++) {
    // What was brought later lies in the place of what was brought before.
    const piece = await fetchOnce(options, key);
    if (piece.faults.length === 0 || fetches === FETCHES_MAX) return piece;
  }
}

async function fetchOnce(options: FetchOptions, key: string): Promise<FetchedPiece> {
  const fetching = new Fetching(options, key);
  try {
    await fetching.run();
  } catch (thrown) {
    const error = asVarveError(thrown);
    if (error.kind !== 'damaged' && error.kind !== 'not_found') throw error;
    fetching.faults.push(error.message);
  }
  const { faults, header, parts } = fetching;
  return { key, header, parts, faults };
}

class Fetching {
  header: PieceHeader | undefined;
  readonly parts = new Set<PiecePart>();
  readonly faults: string[] = [];
  readonly #options: FetchOptions;
  readonly #key: string;

  constructor(options: FetchOptions, key: string) {
    this.#options = options;
    this.#key = key;
  }

  async run(): Promise<void> {
    const key = this.#key;
    const stream = new ByteStream(this.#options.bucket.get(key), key);
    try {
      const preamble = await stream.take(PREAMBLE_BYTES);
      const { crc, headerBytes } = parsePreamble(preamble, key);
      const json = await stream.take(headerBytes);
      const header = parseHeader(json, crc, key);
      this.header = header;
      let all = crc32c(json, crc32c(preamble));
      for (const { name, parts } of header.streams) {
        const dir = this.#options.dirOf(name);
        if (dir === undefined) this.faults.push(`${key} has a stream of the name ${name}`);
        for (const part of parts) all = await this.#take(stream, { dir, part, before: all });
      }
      if (parseTrailer(await stream.take(TRAILER_BYTES)) !== all)
        this.faults.push(`${key} is not what was sent: its CRC32C differs`);
    } finally {
      await stream.end();
    }
  }

  /** The CRC32C of all so far. */
  async #take(
    stream: ByteStream,
    { before, dir, part }: { before: number; dir: string | undefined; part: PiecePart },
  ): Promise<number> {
    const range = rangeOf(walDir(dir ?? ''), part);
    const file = dir === undefined ? undefined : this.#open(range.path);
    let all = before;
    let own = 0;
    try {
      await stream.pass(part.to - part.from, (bytes, at) => {
        all = crc32c(bytes, all);
        own = crc32c(bytes, own);
        file?.write(bytes, part.from + at);
      });
    } finally {
      file?.close();
    }
    if (own === part.crc32c) this.parts.add(part);
    else this.faults.push(`${this.#key}: bytes ${part.from} to ${part.to} of ${range.path} differ`);
    return all;
  }

  #open(path: string): SyncFile {
    const { disk } = this.#options;
    const dir = path.slice(0, path.lastIndexOf('/'));
    if (disk.stat(dir) === undefined) disk.makeDir(dir);
    try {
      return disk.openSync(path, 'update');
    } catch (thrown) {
      if (!(thrown instanceof VarveError) || thrown.code !== 'not_found') throw thrown;
      return disk.openSync(path, 'create');
    }
  }
}
