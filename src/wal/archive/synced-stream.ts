// What the engine tells of a stream for the archive. Types only.

import type { StreamIdentity } from '../../base/model/stream-labels.ts';
import type { LogPosition } from '../log.ts';

/** A stream that is open, and up to where its log is durable. */
export interface SyncedStream {
  readonly name: string;
  readonly dir: string;
  readonly identity: StreamIdentity;
  readonly synced: LogPosition;
}
