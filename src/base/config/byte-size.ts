// Sizes as Prometheus and Thanos write them: `512MB`, `16MiB`, `1.5GB`. All units are powers of
// two, so 1KB is 1024 bytes; a number without unit is refused, because nobody can know what was
// meant.

import { BadValue } from './config-error.ts';

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;
const SYNTAX = /^(\d+(?:\.\d+)?)(B|[KMGTP](?:i?B)?)$/i;

/** Bytes of a size. @throws BadValue when it is none */
export function parseByteSize(text: string): number {
  if (text === '0') return 0;
  const found = SYNTAX.exec(text);
  if (found === null) {
    throw new BadValue('must be a size with its unit, such as 512MB or 16MiB (powers of two)');
  }
  const letter = (found.at(2) ?? 'B').charAt(0).toUpperCase();
  const power = 'BKMGTP'.indexOf(letter);
  const sizeBytes = Number(found.at(1)) * 1024 ** power;
  if (!Number.isInteger(sizeBytes)) throw new BadValue('must be a whole number of bytes');
  if (sizeBytes > Number.MAX_SAFE_INTEGER) throw new BadValue('must be less than 8PiB');
  return sizeBytes;
}

/** In the largest unit that needs no fraction. */
export function formatByteSize(sizeBytes: number): string {
  if (sizeBytes === 0) return '0B';
  let power = 0;
  let amount = sizeBytes;
  while (amount % 1024 === 0 && power < UNITS.length - 1) {
    amount /= 1024;
    power++;
  }
  return `${amount}${UNITS.at(power) ?? 'B'}`;
}
