// What admission found out about one request, stream by stream: plain counters. The counts of a
// stream are written only when its log has been synced, so they are kept apart.

import type { RefusalCount } from './outcome.ts';
import type { Stream } from './stream.ts';

/** What one request gave one stream. */
export class StreamTally {
  readonly stream: Stream;
  /** Series made. */
  created = 0;
  /** Admitted, or stored before: written, once the stream is synced. */
  samples = 0;
  histograms = 0;
  exemplars = 0;
  metadata = 0;
  /** Of samples and histograms: how many were stored before. */
  alreadyStored = 0;
  /** Start timestamps seen, and those that lie after their sample. */
  startTimes = 0;
  startTimesWrong = 0;
  /** Whether anything was admitted that has to be logged. */
  hasAdmitted = false;

  constructor(stream: Stream) {
    this.stream = stream;
  }

  /** A series was made; it is logged even if all its samples are refused. */
  create(): void {
    this.created++;
    this.hasAdmitted = true;
  }
}

/** The tallies of a request, one per stream it touches. */
export class Tallies {
  readonly list: StreamTally[] = [];

  of(stream: Stream): StreamTally {
    let tally = this.list.find((one) => one.stream === stream);
    if (tally === undefined) {
      tally = new StreamTally(stream);
      this.list.push(tally);
    }
    return tally;
  }
}

/** A request that has been admitted and must now be logged. */
export interface Admitted {
  readonly tallies: readonly StreamTally[];
  readonly refused: readonly RefusalCount[];
  /** Exemplars left out without refusing them. */
  readonly exemplarsDropped: number;
}
