// An abort of one's own that also fires when somebody else's does.
//
// Not AbortSignal.any: what it makes hangs on the others for as long as they live, and a caller's
// signal may outlive thousands of calls.

import { setMaxListeners } from 'node:events';

/** See the head of the file. */
export interface LinkedAbort {
  readonly signal: AbortSignal;
  abort(reason: unknown): void;
  /** Lets go of the other signals; whoever made it has to call this in the end. */
  unlink(): void;
}

/** Fires with the reason of the first of `others` that fires, or by its own `abort`. */
export function linkedAbort(...others: readonly (AbortSignal | undefined)[]): LinkedAbort {
  const controller = new AbortController();
  const listening: (() => void)[] = [];
  const unlink = (): void => {
    for (const stop of listening.splice(0)) stop();
  };
  for (const other of others) {
    if (other === undefined) continue;
    if (other.aborted) {
      controller.abort(other.reason);
      break;
    }
    // One caller may have hundreds of calls under way: that many listeners are no leak.
    setMaxListeners(0, other);
    const pass = (): void => controller.abort(other.reason);
    other.addEventListener('abort', pass, { once: true });
    listening.push(() => other.removeEventListener('abort', pass));
  }
  return { signal: controller.signal, abort: (reason) => controller.abort(reason), unlink };
}
