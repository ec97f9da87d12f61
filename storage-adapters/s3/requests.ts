// One request to S3: sent, limited, logged, told of, its failure translated.
//
// Invariant: a request that was given up (its signal, no answer in time, a source that failed) is
// cut off, and the error is that reason and not the SDK's word for it.

import type { Readable } from 'node:stream';
import type {
  $Command,
  S3Client,
  S3ClientResolvedConfig,
  ServiceInputTypes,
  ServiceOutputTypes,
} from '@aws-sdk/client-s3';
import type { HeaderList } from '../../src/base/config/bucket-s3-headers.ts';
import { asVarveError, VarveError } from '../../src/base/errors/varve-error.ts';
import type { Logger } from '../../src/base/observe/logger.ts';
import type { Clock } from '../../src/base/runtime/clock.ts';
import type { Timers } from '../../src/base/runtime/timers.ts';
import { asS3Error } from './errors.ts';
import { addHeaders } from './headers.ts';

/** A request beside its command. */
export interface S3Call {
  /** S3's name of it. */
  readonly operation: string;
  /** Undefined: it is about the bucket. */
  readonly key?: string;
  readonly headers?: HeaderList;
  /** The command's body, when it is a stream. */
  readonly body?: Readable;
  readonly signal?: AbortSignal | undefined;
  /** A put with a condition. */
  readonly conditional?: boolean;
  /**
   * The answer is XML. The SDK refuses a document that lacks its end; one of which nothing came at
   * all it takes for one without entries.
   */
  readonly answersBody?: boolean;
  /** An answer 404 says that there is no such object. */
  readonly ofObject?: boolean;
}

/** What requests need of the world, and how they are made. */
export interface S3RequestOptions {
  readonly client: S3Client;
  /** The bucket's name for people. */
  readonly name: string;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
  /** From the end of a request to its answer; 0 waits for ever. */
  readonly answerTimeoutMs: number;
  /** Every request is logged, at debug. */
  readonly trace: boolean;
}

type S3Command<I extends ServiceInputTypes, O extends ServiceOutputTypes> = $Command<
  I,
  O,
  S3ClientResolvedConfig,
  ServiceInputTypes,
  ServiceOutputTypes
>;

/** Sends requests to one bucket. */
export class S3Requests {
  readonly #options: S3RequestOptions;

  constructor(options: S3RequestOptions) {
    this.#options = options;
  }

  /** Sends it once. The answer is there when its headers are: a body may still be coming. */
  async send<I extends ServiceInputTypes, O extends ServiceOutputTypes>(
    command: S3Command<I, O>,
    call: S3Call,
  ): Promise<O> {
    const { client, clock } = this.#options;
    call.signal?.throwIfAborted();
    addHeaders(command, call.headers ?? []);
    const ending = new AbortController();
    const release = this.#endWith(ending, call);
    const startedMs = clock.monotonicMs();
    try {
      const answer = await client.send(command, { abortSignal: ending.signal });
      if (call.answersBody === true && isEmpty(answer)) {
        const what = `${call.operation} in ${this.#options.name}: the answer is empty`;
        throw new VarveError('store_unavailable', what);
      }
      this.#log(call, startedMs, answer.$metadata.httpStatusCode);
      return answer;
    } catch (thrown) {
      const error = ending.signal.aborted ? ending.signal.reason : this.#translate(thrown, call);
      this.#log(call, startedMs, undefined, error);
      throw error;
    } finally {
      release();
      // An answer that came before the end of the body: the connection cannot be used again.
      if (call.body !== undefined && !call.body.readableEnded) {
        ending.abort(new VarveError('store_unavailable', `${call.operation} was cut off`));
        call.body.destroy();
      }
    }
  }

  /** Aborts `ending` for every reason there is; returns what ends the watching. */
  #endWith(ending: AbortController, { signal, body, operation, key }: S3Call): () => void {
    const { timers, answerTimeoutMs, name } = this.#options;
    const onSignal = () => ending.abort(signal?.reason);
    signal?.addEventListener('abort', onSignal, { once: true });
    let stopWaiting = (): void => undefined;
    const wait = () => {
      if (answerTimeoutMs === 0) return;
      stopWaiting = timers.after(answerTimeoutMs, () => {
        const what = `${operation} of ${key ?? name}: no answer within ${answerTimeoutMs} ms`;
        ending.abort(new VarveError('store_unavailable', what));
      });
    };
    if (body === undefined) wait();
    body?.once('end', wait);
    body?.on('error', (error) => ending.abort(asVarveError(error)));
    return () => {
      signal?.removeEventListener('abort', onSignal);
      body?.off('end', wait);
      stopWaiting();
    };
  }

  #translate(thrown: unknown, call: S3Call): VarveError {
    const { operation, key, conditional = false, ofObject = false } = call;
    return asS3Error(thrown, { operation, key, name: this.#options.name, conditional, ofObject });
  }

  #log(call: S3Call, startedMs: number, status?: number, error?: unknown): void {
    const { trace, logger, clock } = this.#options;
    if (!trace) return;
    logger.debug('request to the object store', {
      operation: call.operation,
      key: call.key,
      status,
      duration_ms: Math.round(clock.monotonicMs() - startedMs),
      ...(error === undefined ? {} : { error: asVarveError(error).message }),
    });
  }
}

/** Nothing was said but the status. */
function isEmpty({ $metadata: _, ...said }: ServiceOutputTypes): boolean {
  return Object.values(said).every((value) => value === undefined);
}
