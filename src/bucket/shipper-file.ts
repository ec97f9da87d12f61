// `thanos.shipper.json` beside the blocks: which of them were uploaded and verified. Its form is
// Thanos's (pkg/shipper), so that a Thanos started on the directory knows what is in the bucket.
// Losing it costs a look into the bucket for every local block, nothing else.

import { asVarveError } from '../base/errors/varve-error.ts';
import type { Disk } from '../base/runtime/disk.ts';

/** The name of the file, the same as Thanos’s. */
export const SHIPPER_FILE = 'thanos.shipper.json';

/** Larger than any: half a million blocks. */
const SHIPPER_FILE_BYTES_MAX = 16 * 1024 * 1024;

/** The ULIDs noted in `dir`; none when there is no such file or it cannot be read as one. */
export function readShipperFile(disk: Disk, dir: string): ReadonlySet<string> {
  const path = `${dir}/${SHIPPER_FILE}`;
  if ((disk.stat(path)?.sizeBytes ?? 0) > SHIPPER_FILE_BYTES_MAX) return new Set();
  try {
    const text = Buffer.from(disk.readFile(path)).toString('utf8');
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== 'object' || parsed === null || !('uploaded' in parsed)) return new Set();
    const { uploaded } = parsed;
    if (!Array.isArray(uploaded)) return new Set();
    return new Set(uploaded.filter((entry) => typeof entry === 'string'));
  } catch (thrown) {
    // A damaged or missing note means "nothing is known to be uploaded": the bucket is asked
    // instead.
    if (thrown instanceof SyntaxError) return new Set();
    if (asVarveError(thrown).code === 'not_found') return new Set();
    throw thrown;
  }
}

/** Replaces the note, all or nothing. */
export function writeShipperFile(disk: Disk, dir: string, uploaded: Iterable<string>): void {
  const value = { version: 1, uploaded: [...uploaded].sort() };
  disk.replaceFile(`${dir}/${SHIPPER_FILE}`, Buffer.from(`${JSON.stringify(value, null, '\t')}\n`));
}
