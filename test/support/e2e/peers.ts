// The programs from Debian that end-to-end tests run beside Varve.

import { existsSync } from 'node:fs';

export const PROMETHEUS = '/usr/bin/prometheus';
export const PROMTOOL = '/usr/bin/promtool';
export const NODE_EXPORTER = '/usr/bin/prometheus-node-exporter';

/** True when all of them are installed. With REQUIRE_PEERS=1 always: then a missing one fails. */
export function peersFor(...programs: readonly string[]): boolean {
  return process.env.REQUIRE_PEERS === '1' || programs.every((path) => existsSync(path));
}
