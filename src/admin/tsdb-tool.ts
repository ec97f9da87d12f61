// `varve tsdb ls|dump|analyze|verify DIR`. Not written yet: this stands in for it and says so.

import type { TsdbCommand } from '../base/config/command-line.ts';
import type { TsdbToolOptions } from '../base/config/start.ts';

const EXIT_FAILED = 1;

/**
 * Looks into blocks and write-ahead logs; the exit code of the process.
 * @param args the directories to look at, at least one
 */
export async function runTsdbTool(
  command: TsdbCommand,
  _args: readonly string[],
  options: TsdbToolOptions,
): Promise<number> {
  options.stderr(`varve: tsdb ${command} is not in this build yet\n`);
  return EXIT_FAILED;
}
