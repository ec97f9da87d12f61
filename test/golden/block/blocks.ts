// The reference blocks: copies in the repository, and all of ../shared where it is.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

const COPIES = 'test/golden/data/blocks';
const COPIED_DUMPS = `${COPIES}/dumps`;
/** VARVE_GOLDEN where the checkout does not lie beside it. */
const SHARED = process.env.VARVE_GOLDEN ?? '../shared/golden/buckets';
const SHARED_DUMPS = `${SHARED}/../dumps`;

/** A block and where its dump is, if it has one. */
export interface ReferenceBlock {
  readonly name: string;
  readonly dir: string;
  readonly dump: string | undefined;
}

/** One line of a dump. */
export interface DumpedSeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly block?: string;
  readonly chunks: readonly {
    readonly encoding: number;
    readonly mint: number;
    readonly maxt: number;
    readonly samples: readonly (readonly [number, string, string?, string?, string?])[];
    /** Start timestamps, in newer dumps: read by Prometheus, stepped over by Varve. */
    readonly starts?: readonly number[];
  }[];
}

function blocksIn(root: string, dumps: string): ReferenceBlock[] {
  if (!existsSync(root)) return [];
  return readdirSync(root)
    .filter((set) => set !== 'dumps')
    .flatMap((set) =>
      readdirSync(`${root}/${set}`)
        .filter((ulid) => ulid.length === 26)
        .map((ulid) => {
          const dump = `${dumps}/${set}-${ulid}.ndjson.gz`;
          const dir = `${root}/${set}/${ulid}`;
          return { name: `${set} ${ulid}`, dir, dump: existsSync(dump) ? dump : undefined };
        }),
    );
}

export const copiedBlocks = blocksIn(COPIES, COPIED_DUMPS);
export const sharedBlocks = blocksIn(SHARED, SHARED_DUMPS);
export const LONG_RAW_DUMP = `${SHARED_DUMPS}/long-raw.ndjson.gz`;

export function readDump(path: string): DumpedSeries[] {
  return gunzipSync(readFileSync(path))
    .toString()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as DumpedSeries);
}
