// Outsiders' text made fit for messages and logs: no control characters, no invalid UTF-8, bounded.

const DEFAULT_BYTES_MAX = 128;
const MARK = '…';
const MARK_BYTES = 3;

// Controls (C0, DEL, C1), line and paragraph separators, and the characters that turn the direction
// of what follows: with these a label value could forge a log line or hide a part of it. Lone
// surrogates (Cs) have no bytes in UTF-8.
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Cs}\ufeff]/gu;

/**
 * `from` with unprintable characters as U+FFFD and cut to `bytesMax` bytes of UTF-8 (at least 3),
 * ending in `…` when something was cut.
 */
export function printable(from: string | Uint8Array, bytesMax = DEFAULT_BYTES_MAX): string {
  const cut = typeof from === 'string' ? from.slice(0, bytesMax + 1) : head(from, bytesMax);
  const whole = cut.length === (typeof from === 'string' ? from.length : cut.length);
  const clean = cut.replace(UNPRINTABLE, '\ufffd');
  const bytes = Buffer.from(clean);
  const fits = bytes.length <= bytesMax && (typeof from === 'string' || from.length <= bytesMax);
  if (whole && fits) return clean;
  let end = Math.max(0, Math.min(bytes.length, bytesMax - MARK_BYTES));
  while (end > 0 && isContinuation(bytes, end)) end--;
  return bytes.toString('utf8', 0, end) + MARK;
}

function head(bytes: Uint8Array, bytesMax: number): string {
  // One character more than fits, so that a cut character is not shown as a broken one.
  const length = Math.min(bytes.length, bytesMax + 4);
  return Buffer.from(bytes.buffer, bytes.byteOffset, length).toString('utf8');
}

function isContinuation(bytes: Buffer, at: number): boolean {
  return at < bytes.length && (bytes.readUInt8(at) & 0xc0) === 0x80;
}
