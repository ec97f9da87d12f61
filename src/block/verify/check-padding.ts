// Bytes that stand between the parts of a file: they must be zero, as no checksum covers them.

import type { ByteSource } from '../byte-source.ts';
import type { Findings } from './findings.ts';

/** More than this between two parts is no padding. */
const PADDING_BYTES_MAX = 16;

/** Are all bytes of [start, end) zero, and not too many? */
export function checkZeros(
  source: ByteSource,
  start: number,
  end: number,
  findings: Findings,
): void {
  if (end <= start) return;
  if (end - start >= PADDING_BYTES_MAX) {
    findings.warning(source.name, start, `${end - start} bytes that belong to nothing`);
    return;
  }
  const at = source.read(start, end - start).findIndex((byte) => byte !== 0);
  if (at >= 0) findings.error(source.name, start + at, 'padding is not zero');
}
