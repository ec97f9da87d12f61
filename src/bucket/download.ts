// One block out of the bucket onto the disk, each file compared with what its meta.json says of it.
//
// Invariant: meta.json is written last, so that a block that has one on the disk is whole; all is
// synced when it is.

import { crc32c } from '../base/bytes/crc32c.ts';
import { VarveError } from '../base/errors/varve-error.ts';
import type { Disk } from '../base/runtime/disk.ts';
import type { BucketReader } from './bucket.ts';
import { blockKey, META_FILE } from './layout.ts';

/** A file of a block, as its meta.json notes it. */
export interface NotedFile {
  /** Relative to the block: `index`, `chunks/000001`. */
  readonly relPath: string;
  readonly sizeBytes: number;
  /** Eight hex digits. */
  readonly crc32c: string;
}

/** A block in the bucket. */
export interface RemoteBlock {
  readonly ulid: string;
  readonly files: readonly NotedFile[];
  /** Its meta.json. */
  readonly metaBytes: Uint8Array;
}

/**
 * Brings the block to the directory `dir`, which is made anew. Errors: `damaged_object` when a file
 * is not what its writer noted; the bucket's and the disk's own.
 */
export async function downloadBlock(
  bucket: BucketReader,
  disk: Disk,
  { block, dir }: { readonly block: RemoteBlock; readonly dir: string },
): Promise<void> {
  disk.removeTree(dir);
  disk.makeDir(dir);
  for (const file of block.files) await downloadFile(bucket, disk, { block, dir, file });
  disk.replaceFile(`${dir}/${META_FILE}`, block.metaBytes);
}

async function downloadFile(
  bucket: BucketReader,
  disk: Disk,
  { block, dir, file }: { block: RemoteBlock; dir: string; file: NotedFile },
): Promise<void> {
  const key = blockKey(block.ulid, file.relPath);
  const path = `${dir}/${file.relPath}`;
  const parent = path.slice(0, path.lastIndexOf('/'));
  if (disk.stat(parent) === undefined) disk.makeDir(parent);
  const into = disk.openSync(path, 'create');
  let at = 0;
  let crc = 0;
  try {
    for await (const bytes of bucket.get(key)) {
      if (at + bytes.length > file.sizeBytes) throw differs(key);
      into.write(bytes, at);
      crc = crc32c(bytes, crc);
      at += bytes.length;
    }
    into.sync();
  } finally {
    into.close();
  }
  if (at !== file.sizeBytes || crc !== Number.parseInt(file.crc32c, 16)) throw differs(key);
  disk.syncDir(parent);
}

function differs(key: string): VarveError {
  return new VarveError('damaged_object', `${key} is not what the meta.json of its block says`);
}
