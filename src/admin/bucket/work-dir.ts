// Directories on the local disk in which a tool works, and the sweeping of those that a killed one
// left:
//
//   <parent>/varve-verify-<16 hex digits>/
//     .varve/lock.db   held while the process lives; the kernel lets go of it when it dies
//     locked           written once the lock is held
//     files/           what is fetched
//
// Invariant: only what is certainly dead is removed: a directory that was locked once, and whose
// lock nobody holds. One without the mark `locked` may be just being made, and stays.

import { asVarveError } from '../../base/errors/varve-error.ts';
import type { Runtime } from '../../base/runtime/runtime.ts';

/** What working in a directory takes of the world. */
export type WorkWorld = Pick<Runtime, 'disk' | 'locks' | 'random'>;

/** A directory of one's own. */
export interface WorkDir {
  readonly path: string;
  /** Removes it with all in it. */
  remove(): void;
}

const NAME = /^varve-verify-[0-9a-f]{16}$/;
const MARK = 'locked';

/** Makes one below `parent`, which is made too when it is missing. */
export function makeWorkDir({ disk, locks, random }: WorkWorld, parent: string): WorkDir {
  const own = `${parent}/varve-verify-${Buffer.from(random.bytes(8)).toString('hex')}`;
  const path = `${own}/files`;
  disk.makeDir(path);
  const lock = locks.acquire(own);
  disk.replaceFile(`${own}/${MARK}`, new Uint8Array(0));
  return {
    path,
    remove: () => {
      disk.removeTree(own);
      lock.release();
    },
  };
}

/** Removes what killed tools left below `parent`; `err` is told what could not be looked at. */
export function sweepWorkDirs(
  { disk, locks }: WorkWorld,
  parent: string,
  err: (line: string) => void,
): void {
  if (disk.stat(parent)?.isDirectory !== true) return;
  for (const { name, isDirectory } of disk.list(parent)) {
    if (!isDirectory || !NAME.test(name)) continue;
    const path = `${parent}/${name}`;
    try {
      if (disk.stat(`${path}/${MARK}`) === undefined) continue;
      const lock = locks.acquire(path);
      try {
        disk.removeTree(path);
      } finally {
        lock.release();
      }
    } catch (thrown) {
      const error = asVarveError(thrown);
      // Somebody works in it; or it is another user's, whose next tool sweeps it.
      if (error.code !== 'locked') err(`${path} stays: ${error.message}`);
    }
  }
}
