// Shows on a terminal how far compaction is, again and again.

import { asVarveError } from '../base/errors/varve-error.ts';
import type { Logger } from '../base/observe/logger.ts';
import { type Terminal, TerminalLine } from '../base/observe/terminal-line.ts';
import type { Timers } from '../base/runtime/timers.ts';
import type { JobProgress } from './run/progress.ts';
import { progressText } from './run/progress-text.ts';

/** Often enough to be seen moving. */
const PERIOD_MS = 500;

interface ProgressWorld {
  readonly terminal: Terminal;
  readonly timers: Timers;
  readonly logger: Logger;
  /** The jobs under way. */
  readonly running: () => Promise<readonly JobProgress[]>;
}

/** Begins; what it returns ends it, and takes the line away. */
export function showProgress({ logger, running, terminal, timers }: ProgressWorld): () => void {
  const line = new TerminalLine(terminal);
  let isOver = false;
  const show = async (): Promise<void> => {
    try {
      const jobs = await running();
      if (!isOver) line.show(progressText(jobs, terminal.columns()));
    } catch (thrown) {
      const { code, message } = asVarveError(thrown);
      logger.debug('nobody tells how far the jobs are', { code, error: message });
    }
  };
  const cancel = timers.every(PERIOD_MS, show);
  return () => {
    isOver = true;
    cancel();
    line.clear();
  };
}
