// Bytes as people read them: `1.2 GiB`.

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

/** Three digits and a unit that is a power of two. */
export function sizeText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  // 1023.96 MiB would be shown as 1024.0.
  while (value >= 1023.95 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return unit === 0 ? `${bytes} B` : `${value.toFixed(1)} ${UNITS.at(unit)}`;
}
