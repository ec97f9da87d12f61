// Keeps a process alive that waits for a timer and for nothing else. Ours are unref'd, so that a
// gateway whose work is done ends; a tool that waits to try again has not done its work.

import type { Cancel } from './timers.ts';

const LONG_MS = 2 ** 31 - 1;

/** The process stays until what is returned is called. */
export function keepAlive(): Cancel {
  const handle = setInterval(() => {}, LONG_MS);
  return () => clearInterval(handle);
}
