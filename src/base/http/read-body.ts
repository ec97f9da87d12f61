// Reads a request's body into one ArrayBuffer, which can then move to another thread.
//
// What is promised by Content-Length is checked before a byte is read; the buffer has its size, or
// starts smaller when that is much (see BODY_FIRST_BYTES_MAX). Without it (chunked) the buffer
// doubles, and is cut to its length at the end. No buffer is ever larger than `maxBytes`.

import type { IncomingMessage } from 'node:http';
import { VarveError } from '../errors/varve-error.ts';
import { BODY_FIRST_BYTES_MAX } from './limits.ts';

const CHUNKED_FIRST_BYTES = 64 * 1024;

/** What a body may be. */
export interface BodyLimits {
  readonly maxBytes: number;
  /** Makes the error for a larger one; `body_too_large` naming the limit otherwise. */
  readonly onTooLarge?: () => VarveError;
}

const received = new WeakMap<IncomingMessage, number>();

/** Bytes of the body that `readBody` has read so far; undefined when it was not called. */
export function receivedBytes(request: IncomingMessage): number | undefined {
  return received.get(request);
}

/**
 * The whole body, exactly. Rejects with `body_too_large` as soon as that is known, and with
 * `malformed_body` when the connection ends before the body does.
 */
export function readBody(
  { raw }: { readonly raw: IncomingMessage },
  limits: BodyLimits,
): Promise<ArrayBuffer> {
  const declared = declaredBytes(raw);
  if (declared !== undefined && declared > limits.maxBytes) return Promise.reject(tooLarge(limits));
  const body = new GrowingBody(declared, limits.maxBytes);
  return new Promise((resolve, reject) => {
    const onData = (chunk: Uint8Array): void => {
      received.set(raw, body.length + chunk.length);
      if (!body.append(chunk)) fail(tooLarge(limits));
    };
    const onEnd = (): void => {
      stop();
      resolve(body.finish());
    };
    const onCut = (): void => fail(new VarveError('malformed_body', 'the body ended too early'));
    const stop = (): void => {
      raw.off('data', onData).off('end', onEnd).off('close', onCut);
    };
    const fail = (error: VarveError): void => {
      stop();
      raw.resume(); // the rest is read and thrown away; the request's time limit bounds it
      reject(error);
    };
    // An 'error' is always followed by 'close'; it needs a listener all the same.
    raw.on('error', () => undefined);
    raw.on('data', onData).on('end', onEnd).on('close', onCut);
    if (raw.destroyed && !raw.readableEnded) onCut();
  });
}

/**
 * Content-Length; the parser of HTTP has checked that it is a number and that the body keeps to it.
 */
export function declaredBytes(raw: IncomingMessage): number | undefined {
  const text = raw.headers['content-length'];
  if (text === undefined || !/^\d{1,15}$/.test(text)) return undefined;
  return Number(text);
}

/**
 * Reads what is left of a body and throws it away; calls `done` when it has ended, or broken off.
 * Closing a connection on which bytes wait to be read resets it, and a sender that first sends and
 * then reads would lose an answer that was given before. The request's time limit bounds this.
 */
export function discardBody(raw: IncomingMessage, done: () => void): void {
  const hasBody = (declaredBytes(raw) ?? 0) > 0 || raw.headers['transfer-encoding'] !== undefined;
  if (!hasBody || raw.readableEnded || raw.destroyed) {
    done();
    return;
  }
  const finish = (): void => {
    raw.off('end', finish).off('close', finish);
    done();
  };
  raw.on('error', () => undefined); // always followed by 'close'
  raw.on('end', finish).on('close', finish).resume();
}

function tooLarge(limits: BodyLimits): VarveError {
  const message = `the body is larger than ${limits.maxBytes} bytes`;
  return limits.onTooLarge?.() ?? new VarveError('body_too_large', message);
}

class GrowingBody {
  readonly #declared: number | undefined;
  readonly #maxBytes: number;
  #bytes: Uint8Array<ArrayBuffer>;
  length = 0;

  constructor(declared: number | undefined, maxBytes: number) {
    this.#declared = declared;
    this.#maxBytes = maxBytes;
    const first = Math.min(declared ?? CHUNKED_FIRST_BYTES, BODY_FIRST_BYTES_MAX, maxBytes);
    this.#bytes = notCleared(first);
  }

  /** False when there is more than may be. */
  append(chunk: Uint8Array): boolean {
    const length = this.length + chunk.length;
    if (length > this.#maxBytes) return false;
    if (length > this.#bytes.length) this.#grow(length);
    this.#bytes.set(chunk, this.length);
    this.length = length;
    return true;
  }

  finish(): ArrayBuffer {
    const { buffer } = this.#bytes;
    return buffer.byteLength === this.length ? buffer : buffer.slice(0, this.length);
  }

  #grow(length: number): void {
    // A sender that has sent the first part has proved itself: the rest is allocated at once.
    const wanted = this.#declared ?? 2 * this.#bytes.length;
    const grown = notCleared(Math.min(Math.max(wanted, length), this.#maxBytes));
    grown.set(this.#bytes.subarray(0, this.length));
    this.#bytes = grown;
  }
}

/** Memory of its own that holds anything; what is not written over is cut off by `finish`. */
function notCleared(sizeBytes: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.allocUnsafeSlow(sizeBytes).buffer);
}
