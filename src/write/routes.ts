// The five paths that take remote writes, all the same handler. Runs on the main thread.
//
// Everything that can be refused by headers is refused before a byte of the body is read: content
// type and encoding (415), tenant (400), declared length (413), draining, blocks that wait for the
// bucket, ingestion rate and bytes under way (503). Then the body is read and moves to the engine.
// Invariant: what was reserved of the in-flight budget is released on every way out.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { asVarveError, VarveError } from '../base/errors/varve-error.ts';
import type { Clock } from '../base/runtime/clock.ts';
import type { Random } from '../base/runtime/random.ts';
import { answerTo, answerToError, type WriteAnswer } from './answer.ts';
import type { InFlightBytes } from './in-flight.ts';
import { negotiate, type WriteVersion } from './negotiate.ts';
import type { WriteEngine, WriteOutcome } from './outcome.ts';
import type { RateLimit } from './rate-limit.ts';
import { type TenantRules, tenantOf } from './tenant.ts';

/** The paths; `:tenant` is VictoriaMetrics's account. The router must take 450 characters there. */
export const WRITE_PATHS = [
  '/api/v1/receive',
  '/api/v1/write',
  '/api/v1/push',
  '/insert/:tenant/prometheus',
  '/insert/:tenant/prometheus/',
  '/insert/:tenant/prometheus/api/v1/write',
] as const;

/** Compressed bytes of one request, unless configured (DESIGN §3, limits by default). */
export const BODY_BYTES_MAX = 16 * 1024 * 1024;

export interface WriteRoutesOptions {
  readonly engine: WriteEngine;
  readonly readBody: ReadBody;
  readonly clock: Clock;
  readonly random: Random;
  readonly tenants: TenantRules;
  readonly inFlight: InFlightBytes;
  readonly rates: RateLimit;
  /** Throws while more must not be taken, because too much waits for the bucket. */
  readonly backlog: { check(): void };
  readonly bodyBytesMax: number;
  /** Retry-After of a 503 lies in this range, so that senders do not come back all at once. */
  readonly retryAfterSeconds: { readonly min: number; readonly max: number };
  /** True while replaying and while shutting down. */
  readonly isDraining: () => boolean;
  /** Called once for each request when its answer is known. */
  readonly onRequestEnd?: (request: EndedWrite) => void;
}

/** base/http's reader: collects the body, or throws `body_too_large` as soon as it is. */
export type ReadBody = (
  request: FastifyRequest,
  limits: { readonly maxBytes: number },
) => Promise<ArrayBuffer>;

/** A request that has been answered, for metrics and the ledger. */
export interface EndedWrite {
  /** One of WRITE_PATHS. */
  readonly path: string;
  /** Absent when it was refused before that was known. */
  readonly tenant: string | undefined;
  readonly version: WriteVersion | undefined;
  readonly status: number;
  readonly bodyBytes: number;
  readonly durationMs: number;
  /** Absent when it was refused before it reached the engine; then `error` says why. */
  readonly outcome: WriteOutcome | undefined;
  readonly error: VarveError | undefined;
}

/** What is known so far about a request under way. */
interface Progress {
  tenant: string | undefined;
  version: WriteVersion | undefined;
  bodyBytes: number;
  outcome: WriteOutcome | undefined;
  error: VarveError | undefined;
}

/**
 * Adds the write paths to `app`, in a scope of their own: there, no content type is parsed and no
 * body is read but by `readBody`.
 */
export async function addWriteRoutes(
  app: FastifyInstance,
  options: WriteRoutesOptions,
): Promise<void> {
  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, _payload, done) => done(null, undefined));
    // Before the framework looks at the content type: its own 415 says less.
    scope.addHook('onRequest', async (request, reply) => {
      await handle(request, reply, options);
      return reply;
    });
    for (const path of WRITE_PATHS) scope.post(path, async () => undefined);
  });
}

async function handle(
  request: FastifyRequest,
  reply: FastifyReply,
  options: WriteRoutesOptions,
): Promise<void> {
  const startMs = options.clock.monotonicMs();
  const progress: Progress = {
    tenant: undefined,
    version: undefined,
    bodyBytes: 0,
    outcome: undefined,
    error: undefined,
  };
  const answer = await answered(request, progress, options);
  reply.code(answer.status).headers(answer.headers);
  reply.send(answer.text === '' ? undefined : answer.text);
  options.onRequestEnd?.({
    path: request.routeOptions.url ?? '',
    status: answer.status,
    durationMs: options.clock.monotonicMs() - startMs,
    ...progress,
  });
}

async function answered(
  request: FastifyRequest,
  progress: Progress,
  options: WriteRoutesOptions,
): Promise<WriteAnswer> {
  const retryAfter = (wishSeconds: number | undefined): number => {
    const { min, max } = options.retryAfterSeconds;
    const jitter = Math.floor(options.random.fraction() * (max - min + 1));
    return Math.max(wishSeconds ?? 0, min) + jitter;
  };
  try {
    progress.outcome = await written(request, progress, options);
    return answerTo(progress.outcome, retryAfter);
  } catch (thrown) {
    progress.error = asVarveError(thrown);
    return answerToError(progress.error, retryAfter);
  }
}

async function written(
  request: FastifyRequest,
  progress: Progress,
  options: WriteRoutesOptions,
): Promise<WriteOutcome> {
  const { headers } = request;
  progress.version = negotiate(headers['content-type'], headers['content-encoding']);
  const path = (request.params as { readonly tenant?: string }).tenant;
  progress.tenant = tenantOf({ headers, path }, options.tenants);
  const { tenant, version } = progress;
  if (options.isDraining()) {
    throw new VarveError('draining', 'The process is starting or shutting down.');
  }
  options.backlog.check();
  options.rates.check(tenant);
  const reservedBytes = declaredBytes(headers['content-length'], options.bodyBytesMax);
  options.inFlight.reserve(reservedBytes);
  try {
    const body = await options.readBody(request, { maxBytes: options.bodyBytesMax });
    progress.bodyBytes = body.byteLength;
    const outcome = await options.engine.write({ tenant, version, body });
    options.rates.pay(tenant, samplesIn(outcome));
    return outcome;
  } finally {
    options.inFlight.release(reservedBytes);
  }
}

/** What to reserve for a body. One of unknown length (chunked) may become as long as allowed. */
function declaredBytes(contentLength: string | undefined, maxBytes: number): number {
  if (contentLength === undefined) return maxBytes;
  const bytes = Number(contentLength);
  if (bytes > maxBytes) {
    throw new VarveError(
      'body_too_large',
      `The body has ${bytes} bytes (compressed), the limit is ${maxBytes}.`,
    );
  }
  return bytes;
}

/** Samples and histograms, as the ingestion rate counts them; refused ones cost as much. */
function samplesIn(outcome: WriteOutcome): number {
  let samples = outcome.written.samples + outcome.written.histograms;
  for (const refused of outcome.refused) samples += refused.samples;
  return samples;
}
