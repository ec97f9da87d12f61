// Damage in a block: always an error that names the file and the byte where it was seen.

import { OutOfBytes } from '../base/bytes/byte-reader.ts';
import { VarveError } from '../base/errors/varve-error.ts';

/** Where damage is and what it is; travels as the cause of the error. */
export class DamagePlace {
  /** As whoever opened the file named it. */
  readonly file: string;
  readonly offset: number;
  readonly what: string;

  constructor(file: string, offset: number, what: string) {
    this.file = file;
    this.offset = offset;
    this.what = what;
  }
}

/** A `damaged_block`. `what` is half a sentence, such as "the checksum does not match". */
export function damagedBlock(file: string, offset: number, what: string): VarveError {
  const place = new DamagePlace(file, offset, what);
  return new VarveError('damaged_block', `${file}, byte ${offset}: ${what}`, { cause: place });
}

/** The place that `damagedBlock` put into an error; undefined for other errors. */
export function placeOfDamage(thrown: unknown): DamagePlace | undefined {
  if (!(thrown instanceof VarveError)) return undefined;
  return thrown.cause instanceof DamagePlace ? thrown.cause : undefined;
}

/**
 * Runs `read`; bytes that end too early in it are damage in `file`.
 * @param base what must be added to a position in the bytes to get the offset in the file
 */
export function readingOf<T>(file: string, base: number, read: () => T): T {
  try {
    return read();
  } catch (thrown) {
    if (thrown instanceof OutOfBytes)
      throw damagedBlock(file, base + thrown.position, thrown.message);
    throw thrown;
  }
}
