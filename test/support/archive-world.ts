// One stream's directory with a log of made-up bytes, a bucket, and an archiver between them.

import { collect } from '../../src/base/runtime/file-pieces.ts';
import type { PutOptions, PutSource } from '../../src/bucket/bucket.ts';
import { bytesSource } from '../../src/bucket/put-sources.ts';
import { verifyPut } from '../../src/bucket/verify-object.ts';
import {
  type ArchiveRound,
  Archiver,
  type ArchiverOptions,
  type StreamBlocks,
} from '../../src/wal/archive/archiver.ts';
import { type PieceHeader, parseHeader, parsePreamble } from '../../src/wal/archive/format.ts';
import type { LogPosition } from '../../src/wal/log.ts';
import { MemoryBucket } from '../../storage-adapters/memory/memory-bucket.ts';
import { eachObject } from './each-object.ts';
import { ManualClock } from './manual-clock.ts';
import { MemoryDisk } from './memory-disk.ts';
import { MemoryLogger } from './memory-logger.ts';
import { SeededRandom } from './seeded-random.ts';

export const TSDB = '/tsdb';

/** A bucket whose next puts can fail, before or after they are done, or keep other bytes. */
export class FallibleBucket extends MemoryBucket {
  readonly failures: { readonly isDone: boolean; readonly error: Error }[] = [];
  /** The places in the next pieces where a bit changes on the way; negative from the end. */
  readonly damages: number[] = [];
  puts = 0;

  override async put(key: string, source: PutSource, options?: PutOptions) {
    this.puts++;
    const failure = this.failures.shift();
    if (failure !== undefined && !failure.isDone) throw failure.error;
    const damage = key.endsWith('.json') ? undefined : this.damages.shift();
    if (damage !== undefined) return super.put(key, await changed(source, damage));
    const stored = await super.put(key, source, options);
    if (failure !== undefined) throw failure.error;
    return stored;
  }
}

async function changed(source: PutSource, at: number): Promise<PutSource> {
  const bytes = Buffer.from(await collect(source.read(0, source.sizeBytes), 2 ** 30, 'a piece'));
  const place = at < 0 ? bytes.length + at : at;
  bytes.writeUInt8(bytes.readUInt8(place) ^ 1, place);
  return bytesSource(bytes);
}

/** See the head of the file. */
export class ArchiveWorld {
  readonly clock = new ManualClock();
  readonly disk = new MemoryDisk();
  readonly bucket = new FallibleBucket(this.clock);
  readonly logger = new MemoryLogger();
  blocks: StreamBlocks = {
    labels: [{ name: 'tenant_id', value: 'a' }],
    cut: [],
    areUploaded: true,
    foreignAreUploaded: true,
  };
  synced: LogPosition = { segment: 0, offset: 0 };
  readonly #options: Partial<ArchiverOptions>;
  #lives = 0;
  archiver: Archiver;

  constructor(options: Partial<ArchiverOptions> = {}) {
    this.#options = options;
    this.disk.makeDir(`${TSDB}/a/wal`);
    this.disk.replaceFile(`${TSDB}/a/origin.json`, Buffer.from('{}'));
    this.archiver = this.restarted();
  }

  /** Another process on the same directory. */
  restarted(options: Partial<ArchiverOptions> = {}): Archiver {
    this.archiver = new Archiver({
      disk: this.disk,
      bucket: this.bucket,
      clock: this.clock,
      random: new SeededRandom(++this.#lives),
      logger: this.logger,
      tsdbPath: TSDB,
      name: 'g',
      blocksOf: () => this.blocks,
      verifyPut,
      piecesMax: 1000,
      ...this.#options,
      ...options,
    });
    return this.archiver;
  }

  /** Puts a file below the stream's `wal` in place. */
  write(path: string, text: string): void {
    const whole = `${TSDB}/a/wal/${path}`;
    this.disk.makeDir(whole.slice(0, whole.lastIndexOf('/')));
    this.disk.replaceFile(whole, Buffer.from(text));
  }

  remove(path: string): void {
    this.disk.removeTree(`${TSDB}/a/wal/${path}`);
    this.disk.removeFile(`${TSDB}/a/wal/${path}`);
  }

  round(tenant = 'a'): Promise<ArchiveRound> {
    const identity = { tenant, lifted: [] };
    const { synced } = this;
    return this.archiver.round([{ name: 'a', dir: `${TSDB}/a`, identity, synced }]);
  }

  /** Keys of the pieces, without what is the same of all. */
  async keys(): Promise<string[]> {
    const keys: string[] = [];
    for await (const { key } of eachObject(this.bucket.list('varve/wal/g/')))
      keys.push(key.slice(12));
    return keys;
  }

  /** What a piece says of the stream, and its bytes by part. */
  async piece(key: string): Promise<{ header: PieceHeader; texts: string[] }> {
    const pieces: Uint8Array[] = [];
    for await (const bytes of this.bucket.get(`varve/wal/g/${key}`)) pieces.push(bytes);
    const all = Buffer.concat(pieces);
    const { crc, headerBytes } = parsePreamble(all, key);
    const header = parseHeader(all.subarray(16, 16 + headerBytes), crc, key);
    let at = 16 + headerBytes;
    const texts = header.streams.flatMap(({ parts }) =>
      parts.map(({ from, to }) => {
        const start = at;
        at += to - from;
        return all.toString('utf8', start, at);
      }),
    );
    return { header, texts };
  }
}
