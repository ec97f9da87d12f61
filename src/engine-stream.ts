// A stream as the engine holds it: its directory, its head and its log. Types only.

import type { StreamIdentity } from './base/model/stream-labels.ts';
import type { Head } from './head/head.ts';
import type { Adoption } from './wal/adoption.ts';
import type { Coverage } from './wal/coverage.ts';
import type { LogPosition } from './wal/log.ts';
import type { WalLog } from './wal/wal-log.ts';
import type { StreamParts } from './write/stream.ts';

/** An open stream: its whole log has been replayed. */
export interface EngineStream extends StreamParts {
  readonly name: string;
  readonly dir: string;
  readonly identity: StreamIdentity;
  readonly head: Head;
  readonly log: WalLog;
  readonly coverage: Coverage;
  readonly adoption: Adoption;
  /** Where the log stood after its replay: all before it is published. */
  readonly openedAt: LogPosition;
}
