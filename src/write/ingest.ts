// The conductor of writing on the engine thread: decode, admit, log, publish, answer.
//
// Decoding and admitting a request is one synchronous step, so requests never interleave in the
// heads; only opening a stream comes before it, and then the body is decoded again. After it, each
// stream the request touched commits on its own (stream-commits.ts): one stream's failed sync takes
// nothing from the others. Invariant: `written` counts what is durable when the answer goes out.

import { asVarveError, VarveError } from '../base/errors/varve-error.ts';
import type { Clock } from '../base/runtime/clock.ts';
import type { EngineMemory } from '../head/engine-memory.ts';
import type { LogPosition } from '../wal/log.ts';
import { AHEAD_MS_MAX, RequestAdmission } from './admit.ts';
import type { Admitted, StreamTally } from './admitted.ts';
import type { LabelLimits } from './label-parser.ts';
import { BatchEncoder } from './log-batch.ts';
import { failedOutcome, outcomeOf, type RequestSize } from './make-outcome.ts';
import type { MissingStreams } from './missing-streams.ts';
import type { WriteOutcome, WriteRequest } from './outcome.ts';
import { SeriesFinder } from './series-finder.ts';
import type { Stream } from './stream.ts';
import { type AppendsBatches, StreamCommits } from './stream-commits.ts';
import type { Streams } from './streams.ts';
import type { DecodedRequest } from './wire/decoded-request.ts';
import type { WireLimits } from './wire/limits.ts';
import { WireDecoder } from './wire/wire-decoder.ts';

/** A request waits for new streams this often; then others are always faster, and it is 503. */
const ATTEMPTS_MAX = 8;

export interface IngestOptions {
  readonly memory: EngineMemory;
  readonly streams: Streams;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly wireLimits: WireLimits;
  readonly labelLimits: LabelLimits;
  readonly cacheBytesMax: number;
  /** How far ahead of the clock samples may be; AHEAD_MS_MAX unless configured. */
  readonly aheadMs?: number;
  /** For tests; else the WAL's records. */
  readonly encoder?: AppendsBatches;
}

/** A request that has been decided about. */
interface Decided {
  readonly admitted: Admitted;
  /** For each stream of `admitted.tallies`: resolves when its part is durable. */
  readonly commits: readonly Promise<void>[];
  readonly size: RequestSize;
}

/** One per engine. */
export class Ingest {
  readonly finder: SeriesFinder;
  readonly #options: IngestOptions;
  readonly #decoder: WireDecoder;
  readonly #admission: RequestAdmission;
  readonly #encoder: AppendsBatches;
  readonly #commits = new Map<number, StreamCommits>();

  constructor(options: IngestOptions) {
    const { memory, streams } = options;
    this.#options = options;
    this.#decoder = new WireDecoder(options.wireLimits);
    this.finder = new SeriesFinder({
      symbols: memory.symbols,
      hash: memory.hash,
      streams,
      limits: options.labelLimits,
      cacheBytesMax: options.cacheBytesMax,
    });
    this.#admission = new RequestAdmission({
      symbols: memory.symbols,
      streams,
      finder: this.finder,
      aheadMs: options.aheadMs ?? AHEAD_MS_MAX,
    });
    this.#encoder = options.encoder ?? new BatchEncoder(memory);
  }

  /** Takes a request in. Never rejects: what goes wrong is in the outcome. */
  async write(request: WriteRequest): Promise<WriteOutcome> {
    const failures = new Map<string, VarveError>();
    let decided: Decided;
    try {
      decided = await this.#decide(request, failures);
    } catch (thrown) {
      return failedOutcome(asVarveError(thrown));
    }
    const { tallies } = decided.admitted;
    const written: StreamTally[] = [];
    const errors = [...failures.values()];
    for (const [index, result] of (await Promise.allSettled(decided.commits)).entries()) {
      const tally = tallies[index];
      if (result.status === 'rejected') errors.push(asVarveError(result.reason));
      else if (tally !== undefined) written.push(tally);
    }
    return outcomeOf(decided.admitted, written, { errors, size: decided.size });
  }

  /** See StreamCommits.publishedTo; undefined when nothing was written to it since the start. */
  publishedTo(stream: Stream): LogPosition | undefined {
    return this.#commits.get(stream.number)?.publishedTo;
  }

  /** Resolves when every request taken in so far has been answered. */
  async settled(): Promise<void> {
    await Promise.all([...this.#commits.values()].map((commits) => commits.settled()));
  }

  /** Admits the request, after opening the streams it needs. */
  async #decide(request: WriteRequest, failures: Map<string, VarveError>): Promise<Decided> {
    const { streams } = this.#options;
    const body = new Uint8Array(request.body);
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      const tenant = streams.ofTenant(request.tenant);
      const known = this.finder.knownLabels(tenant, request.version);
      const decoded = this.#decoder.decode(request.version, body, known);
      const missing = this.#admission.resolve(decoded, tenant, failures);
      if (missing.values.size === 0) return this.#admit(decoded, request.tenant);
      await this.#open(request.tenant, missing, failures);
    }
    throw new VarveError('overloaded', 'New streams of this tenant are being opened.');
  }

  #admit(decoded: DecodedRequest, tenant: string): Decided {
    const { memory, streams, clock } = this.#options;
    const size = { decodedBytes: decoded.bytes.length, series: decoded.seriesCount };
    const admitted = this.#admission.admit(decoded, streams.ofTenant(tenant), clock.nowMs());
    // Now nobody has an id in hand that was interned for a series that was refused.
    memory.symbols.sweep();
    // In the same step: a failure between admitting and joining would take back what was admitted
    // without telling this request.
    const commits = admitted.tallies.map(({ stream, hasAdmitted }) =>
      this.#commitsOf(stream).join(hasAdmitted),
    );
    return { admitted, commits, size };
  }

  async #open(
    tenant: string,
    missing: MissingStreams,
    failures: Map<string, VarveError>,
  ): Promise<void> {
    const openings = [...missing.values].map(async ([key, values]) => {
      try {
        await this.#options.streams.open(tenant, values);
      } catch (thrown) {
        failures.set(key, asVarveError(thrown));
      }
    });
    await Promise.all(openings);
  }

  #commitsOf(stream: Stream): StreamCommits {
    let commits = this.#commits.get(stream.number);
    if (commits === undefined) {
      commits = new StreamCommits(stream, this.#encoder);
      this.#commits.set(stream.number, commits);
    }
    return commits;
  }
}
