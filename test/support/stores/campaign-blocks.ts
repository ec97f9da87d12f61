// Blocks for campaigns: directories of random files, as an uploader sees blocks.

import { crc32c } from '../../../src/base/bytes/crc32c.ts';
import { UlidMaker } from '../../../src/base/model/ulid.ts';
import type { LocalBlock } from '../../../src/bucket/local-block.ts';
import { ManualClock } from '../manual-clock.ts';
import { MemoryDisk } from '../memory-disk.ts';
import type { SeededRandom } from '../seeded-random.ts';

/** One block: what an uploader gets, the disk it lies on, and what is to be in the bucket. */
export interface CampaignBlock {
  readonly block: LocalBlock;
  readonly disk: MemoryDisk;
  /** Files by name, `meta.json` too. */
  readonly contents: ReadonlyMap<string, Uint8Array>;
}

/** Makes blocks of `largeBytes` in one of so many cases, and of some KiB else. */
export class CampaignBlocks {
  readonly #random: SeededRandom;
  readonly #ulids: UlidMaker;
  readonly #large: { readonly sizeBytes: number; readonly oneOf: number };

  constructor(random: SeededRandom, large: { sizeBytes: number; oneOf: number }) {
    this.#random = random;
    this.#ulids = new UlidMaker(new ManualClock(), random);
    this.#large = large;
  }

  next(): CampaignBlock {
    const ulid = this.#ulids.next();
    const disk = new MemoryDisk();
    const dir = `/data/${ulid}`;
    disk.makeDir(`${dir}/chunks`);
    const contents = new Map<string, Uint8Array>();
    const chunkFiles = this.#random.between(1, 3);
    for (let i = 1; i <= chunkFiles; i++) contents.set(`chunks/00000${i}`, this.#bytes());
    contents.set('index', this.#bytes());
    const files = [...contents].map(([name, bytes]) => {
      disk.replaceFile(`${dir}/${name}`, bytes);
      return { name, sizeBytes: bytes.length, crc32c: crc32c(bytes) };
    });
    const metaBytes = Buffer.from(JSON.stringify({ ulid, minTime: 0, maxTime: 1, files }));
    contents.set('meta.json', metaBytes);
    const times = { minTimeMs: 0, maxTimeMs: 1 };
    const rest = { coversLog: false, isForeign: false, files, metaBytes };
    return { block: { ulid, dir, ...times, ...rest }, disk, contents };
  }

  #bytes(): Uint8Array {
    const { sizeBytes, oneOf } = this.#large;
    const isLarge = this.#random.between(0, oneOf) === 0;
    const random = this.#random.bytes(this.#random.between(10, 4000));
    if (!isLarge) return random;
    // The same bytes again and again, each time with their place, are as good as random ones.
    const large = new Uint8Array(sizeBytes + random.length);
    const view = new DataView(large.buffer);
    for (let at = 0; at < sizeBytes; at += random.length) large.set(random, at);
    for (let at = 0; at + 4 <= large.length; at += 4096) view.setUint32(at, at);
    return large;
  }
}
