// The local object stores that tests run beside Varve: where their programs are. `.ci/run` installs
// what is missing into $VARVE_PEERS.

import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

/** Below $VARVE_PEERS: what Go and pip install, and what npm does. */
const PEER_FOLDERS = ['bin', 'node_modules/.bin'];

/** Path of a program: in $VARVE_PEERS, on PATH, in ~/go/bin; undefined when it is nowhere. */
export function findProgram(name: string): string | undefined {
  const { VARVE_PEERS, PATH: path = '' } = process.env;
  const peers = VARVE_PEERS ?? join(homedir(), '.cache/varve-peers');
  const dirs = [
    ...PEER_FOLDERS.map((folder) => join(peers, folder)),
    ...path.split(delimiter),
    join(homedir(), 'go/bin'),
  ];
  return dirs.map((dir) => join(dir, name)).find((file) => existsSync(file));
}

/** True when the program is there. With REQUIRE_PEERS=1 always: then a missing one fails. */
export function hasProgram(name: string): boolean {
  return process.env.REQUIRE_PEERS === '1' || findProgram(name) !== undefined;
}

/** The program's path, or an error that says what is missing. */
export function requireProgram(name: string): string {
  const found = findProgram(name);
  if (found === undefined) throw new Error(`${name} is not installed; .ci/run installs it`);
  return found;
}
