// Moves a Prometheus's files out of a stream's directory when nothing needs them there any more.
// They are kept: what was read of them can be looked at again, and put back.

import type { Disk } from '../base/runtime/disk.ts';
import { asidePath } from '../block/paths.ts';

/** Nobody starts on a directory this often; beyond it the last name is used again. */
const NUMBERS_MAX = 10_000;

export interface SetAsideOptions {
  readonly disk: Disk;
  /** The directory that `name` is in. */
  readonly from: string;
  readonly name: string;
  /** Where it goes; on the same file system. */
  readonly into: string;
}

/** Durable when it returns the new path: under exactly one of its two names it is found then. */
export function setAside({ disk, from, into, name }: SetAsideOptions): string {
  disk.makeDir(into);
  let number = 1;
  while (number < NUMBERS_MAX && disk.stat(asidePath(into, name, number)) !== undefined) number++;
  const path = asidePath(into, name, number);
  disk.rename(`${from}/${name}`, path);
  disk.syncDir(into);
  disk.syncDir(from);
  return path;
}
