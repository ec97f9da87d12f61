// What loading a configuration needs from the world: the environment and small files.

import { configError } from './config-error.ts';
import type { Environment } from './fill-environment.ts';
import type { Given } from './given.ts';

/** What loading needs from the world. */
export interface ConfigWorld {
  readonly env: Environment;
  /** The content of a small file; throws when it cannot be read. `Disk.readFile` is one. */
  readFile(path: string): Uint8Array;
}

/**
 * A text file, for options that name one.
 * @throws VarveError `bad_config` naming option and path
 */
export function readConfigFile(world: ConfigWorld, given: Given, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(world.readFile(path));
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    throw configError(given.where, `cannot read ${path}: ${why}`, thrown);
  }
}
