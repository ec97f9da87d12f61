// Makes a directory that was copied here durable before anything is believed of it: `cp` leaves
// bytes and names that only the page cache has.

import type { Disk } from '../base/runtime/disk.ts';

/** Syncs every file and every directory in `dir`, and itself; quick for what is so already. */
export async function syncTree(
  disk: Disk,
  dir: string,
  yieldNow: () => Promise<void>,
): Promise<void> {
  for (const { name, isDirectory } of disk.list(dir)) {
    const path = `${dir}/${name}`;
    if (isDirectory) await syncTree(disk, path, yieldNow);
    else syncFile(disk, path);
    await yieldNow();
  }
  disk.syncDir(dir);
}

function syncFile(disk: Disk, path: string): void {
  const file = disk.openSync(path, 'read');
  try {
    file.sync();
  } finally {
    file.close();
  }
}
