// Tells the observer of a bucket about each request, and ends what its caller gave up.

import { asVarveError } from '../src/base/errors/varve-error.ts';
import type { CallOptions, RequestObserver, StoreRequest } from '../src/bucket/bucket.ts';

/** What a request is called and billed as. */
export type RequestName = Pick<StoreRequest, 'class' | 'operation'>;

/** Bytes of objects that a request moved; whoever moves them adds them up here. */
export interface MovedBytes {
  sentBytes: number;
  receivedBytes: number;
}

/** Runs one request and tells of it, whether it was answered or failed. */
export async function told<T>(
  observe: RequestObserver,
  name: RequestName,
  run: (moved: MovedBytes) => Promise<T>,
): Promise<T> {
  const moved = { sentBytes: 0, receivedBytes: 0 };
  try {
    const result = await run(moved);
    observe({ ...name, ...moved, ok: true });
    return result;
  } catch (thrown) {
    observe({ ...name, ...moved, ok: isAnswer(thrown) });
    throw thrown;
  }
}

/** A request whose answer is a stream of bytes: told when the stream has ended, or was left. */
export async function* toldStream(
  observe: RequestObserver,
  name: RequestName,
  pieces: AsyncIterable<Uint8Array>,
): AsyncIterable<Uint8Array> {
  let receivedBytes = 0;
  let ok = true;
  try {
    for await (const piece of pieces) {
      receivedBytes += piece.length;
      yield piece;
    }
  } catch (thrown) {
    ok = isAnswer(thrown);
    throw thrown;
  } finally {
    observe({ ...name, sentBytes: 0, receivedBytes, ok });
  }
}

/** The items, until the caller's signal fires: then its reason is thrown. */
export async function* untilAborted<T>(
  items: AsyncIterable<T>,
  options: CallOptions | undefined,
): AsyncIterable<T> {
  options?.signal?.throwIfAborted();
  for await (const item of items) {
    options?.signal?.throwIfAborted();
    yield item;
  }
}

/** Two observers as one. */
export function bothObservers(one: RequestObserver, other: RequestObserver): RequestObserver {
  return (request) => {
    one(request);
    other(request);
  };
}

/** For a bucket that nobody observes yet. */
export const UNOBSERVED: RequestObserver = () => undefined;

/** "There is no such object" and "the condition does not hold" are answers, not failures. */
function isAnswer(thrown: unknown): boolean {
  const { kind } = asVarveError(thrown);
  return kind === 'not_found' || kind === 'conflict';
}
