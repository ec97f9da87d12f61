// UTF-8 where it lies, without making strings of it.
//
// Node's own decoder maps different damaged bytes to the same text, which would merge two series;
// so text from outside is validated as bytes and compared as bytes. Valid is what the Unicode
// standard calls well-formed (table 3-7): no overlong forms, no surrogates, nothing above U+10FFFF.
// It is also what Go's utf8.Valid accepts.

/** Whether the bytes from `start` to `end` (exclusive, within `view`) are valid UTF-8. */
export function isUtf8(view: DataView, start: number, end: number): boolean {
  let at = start;
  while (at < end) {
    // Nearly all labels are ASCII: four bytes at a time while there are four.
    while (at + 4 <= end && (view.getUint32(at, true) & 0x80808080) === 0) at += 4;
    if (at >= end) return true;
    const lead = view.getUint8(at);
    if (lead < 0x80) {
      at += 1;
      continue;
    }
    const length = sequenceLength(lead);
    if (length === 0 || at + length > end) return false;
    if (!isSequence(view, at, lead, length)) return false;
    at += length;
  }
  return true;
}

function sequenceLength(lead: number): number {
  if (lead < 0xc2 || lead > 0xf4) return 0;
  if (lead < 0xe0) return 2;
  return lead < 0xf0 ? 3 : 4;
}

function isSequence(view: DataView, at: number, lead: number, length: number): boolean {
  const second = view.getUint8(at + 1);
  // The second byte is what keeps out overlong forms, surrogates and what lies above U+10FFFF.
  const least = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const most = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  if (second < least || second > most) return false;
  for (let i = 2; i < length; i++) if ((view.getUint8(at + i) & 0xc0) !== 0x80) return false;
  return true;
}

/**
 * Orders two byte ranges as Prometheus orders labels: negative, 0 or positive. (JavaScript's own
 * order of strings is that of UTF-16 units, and differs above U+D7FF.)
 */
export function compareBytes(
  a: Uint8Array,
  aStart: number,
  aEnd: number,
  b: Uint8Array,
  bStart: number,
  bEnd: number,
): number {
  const shorter = Math.min(aEnd - aStart, bEnd - bStart);
  for (let i = 0; i < shorter; i++) {
    const difference = a[aStart + i]! - b[bStart + i]!;
    if (difference !== 0) return difference;
  }
  return aEnd - aStart - (bEnd - bStart);
}
