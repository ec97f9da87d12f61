// What passes between a thread and its caller. Calls carry an id that the answer repeats.
// Errors cross as their code and message: structured clone would lose the class and the kind.

import type { ErrorCode } from '../errors/catalogue.ts';
import { asVarveError, VarveError } from '../errors/varve-error.ts';

/** To the thread. */
export interface CallMessage {
  readonly id: number;
  readonly method: string;
  readonly argument: unknown;
}

/** An error on its way. */
export interface ErrorMessage {
  readonly code: ErrorCode;
  readonly message: string;
  readonly retryAfterSeconds: number | undefined;
}

/** From the thread. Id 0 is the answer to being started. */
export type AnswerMessage =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: ErrorMessage };

/** The id of the first answer, which says that the service is ready, or why it is not. */
export const STARTED_ID = 0;

/** Anything thrown, as it crosses. */
export function packError(thrown: unknown): ErrorMessage {
  const { code, message, retryAfterSeconds } = asVarveError(thrown);
  return { code, message, retryAfterSeconds };
}

/** The error that crossed, as it was. */
export function unpackError(packed: ErrorMessage): VarveError {
  const { retryAfterSeconds } = packed;
  const options = retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
  return new VarveError(packed.code, packed.message, options);
}

const transferLists = new WeakMap<object, readonly ArrayBuffer[]>();

/**
 * Marks the ArrayBuffers in `value`, which a method of a service is about to return, as moving to
 * the caller instead of being copied.
 */
export function moving<T extends object>(value: T, buffers: readonly ArrayBuffer[]): T {
  transferLists.set(value, buffers);
  return value;
}

/** The buffers that `moving` marked. */
export function transferListOf(value: unknown): readonly ArrayBuffer[] {
  if (typeof value !== 'object' || value === null) return [];
  return transferLists.get(value) ?? [];
}
