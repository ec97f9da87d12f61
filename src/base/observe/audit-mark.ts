// The line in the log for each mark beside a block that was set or taken away, whoever does it: a
// mark decides what is merged, downsampled and deleted, so it must be known later who set it.

import type { Logger } from './logger.ts';

/** What happened to a mark. */
export interface MarkChange {
  readonly did: 'set' | 'removed';
  /** The block. */
  readonly ulid: string;
  /** The mark's file, such as `deletion-mark.json`. */
  readonly mark: string;
  /** What stands in the mark; both may be empty. */
  readonly reason: string;
  readonly details: string;
  /** The command or process, and where it runs. */
  readonly by: string;
}

/** Writes the line. */
export function auditMark(logger: Logger, { did, ...fields }: MarkChange): void {
  logger.info(did === 'set' ? 'mark set' : 'mark removed', fields);
}
