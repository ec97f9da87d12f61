// Group commit of one stream: what was admitted is logged, synced, published, and then answered.
//
// One round at a time: while a sync runs, requests are admitted and wait for the next round, which
// takes all of them. When a sync is done the next one is started before the last batch is
// published, so that the disk works while the processor does. When it fails, everything pending is
// taken back at once, and with it go the requests that were decided against it, those of the next
// round too.
// Invariant: batches are published in the order in which they were taken; a request is answered as
// written only after its batch is published.

import { asVarveError } from '../base/errors/varve-error.ts';
import type { PendingBatch } from '../head/pending.ts';
import type { LogPosition } from '../wal/log.ts';
import type { Stream } from './stream.ts';

/** Puts a batch into the stream's log (log-batch.ts). */
export interface AppendsBatches {
  append(stream: Stream, batch: PendingBatch): void;
}

/** The requests that wait for one sync. */
class Round {
  /** It has been failed; whatever its sync says does not matter any more. */
  isOver = false;
  resolve: () => void = () => undefined;
  reject: (error: Error) => void = () => undefined;
  readonly done: Promise<void>;

  constructor() {
    this.done = new Promise<void>((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    // Nobody may be waiting; then nobody is to be told.
    this.done.catch(() => undefined);
  }
}

export class StreamCommits {
  readonly #stream: Stream;
  readonly #encoder: AppendsBatches;
  #publishedTo: LogPosition | undefined;
  /** Its sync runs. */
  #running: Round | undefined;
  /** Admitted since the running round's batch was taken. */
  #waiting: Round | undefined;

  constructor(stream: Stream, encoder: AppendsBatches) {
    this.#stream = stream;
    this.#encoder = encoder;
  }

  /**
   * Waits until everything that has been decided in this stream so far is durable and published.
   * Whoever was decided against pending samples must wait, even with nothing new of his own.
   * Rejects with a VarveError when it could not be made durable; then nothing of it is left.
   * @param hasAdmitted whether the caller has admitted something since the last call
   */
  join(hasAdmitted: boolean): Promise<void> {
    if (hasAdmitted) this.#waiting ??= new Round();
    const round = this.#waiting ?? this.#running;
    if (round === undefined) return Promise.resolve();
    if (this.#running === undefined) this.#start();
    return round.done;
  }

  /**
   * Everything logged before this is published: what a snapshot taken now may call its position.
   * Undefined before the first round.
   */
  get publishedTo(): LogPosition | undefined {
    return this.#publishedTo;
  }

  /** Resolves when nothing waits and nothing runs. */
  async settled(): Promise<void> {
    for (;;) {
      const round = this.#waiting ?? this.#running;
      if (round === undefined) return;
      // Whoever waits for it is told; here only its end counts.
      await Promise.allSettled([round.done]);
    }
  }

  #start(): void {
    const round = this.#waiting;
    if (round === undefined) return;
    this.#waiting = undefined;
    this.#running = round;
    const batch = this.#stream.head.takeBatch();
    this.#log(batch).then(
      (position) => this.#finish(round, batch, position),
      (thrown: unknown) => this.#fail(round, thrown),
    );
  }

  /** Appends and syncs; nothing may come between the two. */
  async #log(batch: PendingBatch): Promise<LogPosition> {
    try {
      this.#encoder.append(this.#stream, batch);
    } catch (thrown) {
      // What was appended of it must not become durable with the next round's batch.
      this.#stream.log.withdraw();
      throw thrown;
    }
    return await this.#stream.log.sync();
  }

  #finish(round: Round, batch: PendingBatch, position: LogPosition): void {
    if (round.isOver) return;
    this.#running = undefined;
    this.#start();
    try {
      this.#stream.head.publish(batch);
    } catch (thrown) {
      this.#fail(round, thrown);
      return;
    }
    this.#publishedTo = position;
    round.resolve();
  }

  #fail(round: Round, thrown: unknown): void {
    if (round.isOver) return;
    const error = asVarveError(thrown);
    const failed = new Set([round, this.#running, this.#waiting]);
    this.#running = undefined;
    this.#waiting = undefined;
    try {
      this.#stream.head.takeBackAll();
    } finally {
      // Whatever happens, nobody is left waiting; who waits hears of it later than this step.
      for (const one of failed) {
        if (one === undefined) continue;
        one.isOver = true;
        one.reject(error);
      }
    }
  }
}
