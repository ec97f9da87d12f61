// The one place that wires stages together. Not written yet: this stands in for it, so that the command
// line and the configuration can be tried, and says so.

import type { GatewayRole } from './base/config/option.ts';
import type { GatewayOptions } from './base/config/start.ts';

const EXIT_FAILED = 1;

/** Runs a role until it is told to end; the exit code of the process. */
export async function runGateway(role: GatewayRole, options: GatewayOptions): Promise<number> {
  for (const warning of options.warnings) options.stderr(`warning: ${warning}\n`);
  options.stderr(`varve: the configuration is right, but this build cannot ${role} yet\n`);
  return EXIT_FAILED;
}
