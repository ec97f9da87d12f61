// How a configuration mistake is said: where (flag, environment variable, or file, line and key),
// what is wrong, and what is allowed. All of them are VarveErrors of kind `bad_config` and end the
// start with exit code 2.

import { VarveError } from '../errors/varve-error.ts';

/**
 * A mistake in the configuration.
 * @param where the place a person has to edit: `--tsdb.retention`,
 *   `varve.yml:3: key "tsdb.retention"`
 * @param what the rest of the sentence
 */
export function configError(where: string, what: string, cause?: unknown): VarveError {
  return new VarveError('bad_config', `${where}: ${what}`, { cause });
}

/** Thrown by value types; its message is what is allowed. Whoever knows the place adds it. */
export class BadValue extends Error {
  override readonly name = 'BadValue';
}

const SHOWN_MAX = 80;

/**
 * A value from outside as it may stand in a message: quoted, without control characters, bounded.
 */
export function quoted(text: string): string {
  const short = text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text;
  return JSON.stringify(short);
}
