// Damage in a block: always an error that names the file and the byte where it was seen.

import { OutOfBytes } from '../base/bytes/byte-reader.ts';
import { VarveError } from '../base/errors/varve-error.ts';

/**
 * What sort of damage: a file that is not there, of another size, with another checksum; series or
 * chunks out of order, overlapping, outside of the block's range; anything else of the format.
 */
export type DamageKind = 'missing' | 'size' | 'checksum' | 'order' | 'overlap' | 'range' | 'format';

/** Where damage is and what it is; travels as the cause of the error. */
export class DamagePlace {
  /** As whoever opened the file named it. */
  readonly file: string;
  readonly offset: number;
  readonly what: string;
  readonly kind: DamageKind;

  constructor(
    { file, offset }: { readonly file: string; readonly offset: number },
    what: string,
    kind: DamageKind = 'format',
  ) {
    this.file = file;
    this.offset = offset;
    this.what = what;
    this.kind = kind;
  }
}

/** A `damaged_block`. `what` is half a sentence, such as "the checksum does not match". */
export function damagedBlock(file: string, offset: number, what: string): VarveError {
  return damageOf(new DamagePlace({ file, offset }, what));
}

/** The `damaged_block` for a place. */
export function damageOf(place: DamagePlace): VarveError {
  const message = `${place.file}, byte ${place.offset}: ${place.what}`;
  return new VarveError('damaged_block', message, { cause: place });
}

/** The same for a checksum. */
export function wrongChecksum(file: string, offset: number, what: string): VarveError {
  return damageOf(new DamagePlace({ file, offset }, what, 'checksum'));
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
