// The index of a block that was just written, read back from the disk and checked in full: its
// form, its order, its postings, and that every chunk is where it was written. The chunks
// themselves are no longer here: their objects are verified by whoever sent them.

import { VarveError } from '../../base/errors/varve-error.ts';
import type { Disk } from '../../base/runtime/disk.ts';
import { crcOfRange, FileSource } from '../byte-source.ts';
import { INDEX_FILE } from '../paths.ts';
import { checkIndex } from '../verify/check-index.ts';
import { Findings } from '../verify/findings.ts';
import type { SpooledFile, SpoolStats } from './block-spool.ts';
import { PlaceDigest } from './place-digest.ts';

/** What the index must say. */
export interface WantedIndex {
  readonly file: SpooledFile;
  readonly places: PlaceDigest;
  readonly stats: SpoolStats;
}

/** Throws `damaged_block` when the index does not read back as it was written. */
export function checkSpooledIndex(disk: Disk, { file, places, stats }: WantedIndex): void {
  const source = new FileSource(disk, file.path, INDEX_FILE);
  const findings = new Findings();
  try {
    if (crcOfRange(source, 0, source.sizeBytes) !== file.digest.crc32c)
      findings.error(INDEX_FILE, 0, 'the disk holds other bytes than were written');
    const read = new PlaceDigest();
    const entries = {
      check: (entry: Parameters<PlaceDigest['add']>[0]) => {
        read.add(entry);
        return entry.chunkCount;
      },
      skipUnknown: () => findings.error(INDEX_FILE, 0, 'a series cannot be read'),
    };
    const step = checkIndex(source, entries, undefined, findings).next();
    const series = step.done === true ? step.value : undefined;
    const isAll =
      series?.seriesCount === stats.seriesCount && series.chunkCount === stats.chunkCount;
    if (!isAll || read.value() !== places.value())
      findings.error(INDEX_FILE, 0, 'series or places of chunks are not those that were written');
  } finally {
    source.close();
  }
  const first = findings.list().find(({ severity }) => severity === 'error');
  if (first === undefined) return;
  const where = `${first.file}, byte ${first.offset ?? 0}`;
  const what = `A merged block did not read back as it was written: ${where}: ${first.what}`;
  throw new VarveError('damaged_block', what);
}
