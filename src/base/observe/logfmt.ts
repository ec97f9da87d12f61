// Log lines as Prometheus 3 and Thanos write them: key=value, quoted by the rules of Go's slog text
// handler (a value is quoted when it is empty or holds a space, a quote, an equals sign or a
// character that does not print; a backslash alone needs none; escapes are Go's).

import type { LogValue } from './logger.ts';

// Everything that Go's unicode.IsPrint refuses and that can stand in a JavaScript string.
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu;
const NEEDS_QUOTES = /^$|[\s"=\ufffd]|[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Z}]/u;

const SHORT_ESCAPE: Readonly<Record<string, string>> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
};

/** One line without its end: the pairs in their order; undefined values are left out. */
export function logfmt(pairs: Iterable<readonly [string, LogValue]>): string {
  const parts: string[] = [];
  for (const [key, value] of pairs) {
    if (value !== undefined) parts.push(`${logfmtKey(key)}=${logfmtValue(value)}`);
  }
  return parts.join(' ');
}

function logfmtKey(key: string): string {
  return key.replace(/[\s"=\p{Cc}]/gu, '_');
}

function logfmtValue(value: Exclude<LogValue, undefined>): string {
  const text = value instanceof Error ? value.message : String(value);
  return NEEDS_QUOTES.test(text) ? quote(text) : text;
}

/** As Go's strconv.Quote. */
function quote(text: string): string {
  const escaped = text.replace(/[\\"]/g, '\\$&').replace(UNPRINTABLE, escapeOf);
  return `"${escaped}"`;
}

function escapeOf(character: string): string {
  const short = SHORT_ESCAPE[character];
  if (short !== undefined) return short;
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x80) return `\\x${hex(code, 2)}`;
  return code > 0xffff ? `\\U${hex(code, 8)}` : `\\u${hex(code, 4)}`;
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}
