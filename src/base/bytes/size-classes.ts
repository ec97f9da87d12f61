// The block sizes of a SlabArena: every 16 bytes up to 256, then four per doubling up to 4 KiB.
// So a block wastes at most a fifth, and 32 classes serve everything small.

/** Addresses count units of this many bytes. */
export const UNIT_BYTES = 16;

/** Blocks above this are spans of whole runs. */
export const CLASS_BYTES_MAX = 4096;

const CLASS_UNITS: number[] = [];
for (let units = 1; units <= 16; units++) CLASS_UNITS.push(units);
for (let step = 4; step <= 32; step *= 2)
  for (let i = 5; i <= 8; i++) if (step * i <= 256) CLASS_UNITS.push(step * i);

/** Units of a block of each class, ascending. */
export const UNITS_OF_CLASS = Uint16Array.from(CLASS_UNITS);

/** The smallest class for so many units: index is the number of units. */
const CLASS_OF_UNITS = new Uint8Array(CLASS_BYTES_MAX / UNIT_BYTES + 1);
for (let units = 0, index = 0; units < CLASS_OF_UNITS.length; units++) {
  if (units > UNITS_OF_CLASS[index]!) index++;
  CLASS_OF_UNITS[units] = index;
}

/** The class of the smallest block for `sizeBytes`, which is at most CLASS_BYTES_MAX. */
export function classOf(sizeBytes: number): number {
  return CLASS_OF_UNITS[(sizeBytes + UNIT_BYTES - 1) >>> 4]!;
}
