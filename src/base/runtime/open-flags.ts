// How an OpenMode is said to the operating system.

import type { OpenMode } from './disk.ts';

/** Flags of open(2) in Node's letters; `wx+` is O_CREAT | O_EXCL, `r+` demands an existing file. */
export const OPEN_FLAGS: Readonly<Record<OpenMode, string>> = {
  read: 'r',
  create: 'wx+',
  update: 'r+',
};
