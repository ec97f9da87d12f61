// Numbers and strings as Go prints them, because the tools whose output people compare ours with
// (promtool, the dumps) are written in Go: strconv.FormatFloat(x, 'g', -1, 64) and strconv.Quote.

/** The shortest text that reads back as `value`, as Go's %g: `1e+06`, `0.25`, `+Inf`, `NaN`. */
export function goFloat(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  if (value === Number.NEGATIVE_INFINITY) return '-Inf';
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  // Both languages find the shortest digits that read back; only where they go over to
  // exponents differs: Go below 1e-4 and from 1e+06 on, JavaScript below 1e-6 and from 1e21 on.
  const scientific = value.toExponential();
  const at = scientific.indexOf('e');
  const exponent = Number(scientific.slice(at + 1));
  if (exponent < -4 || exponent >= 6) {
    const sign = exponent < 0 ? '-' : '+';
    return `${scientific.slice(0, at)}e${sign}${String(Math.abs(exponent)).padStart(2, '0')}`;
  }
  return String(value);
}

const ESCAPES = new Map([
  ['\x07', '\\a'],
  ['\b', '\\b'],
  ['\f', '\\f'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
  ['\v', '\\v'],
  ['\\', '\\\\'],
  ['"', '\\"'],
]);
// What Go's unicode.IsPrint takes: letters, marks, numbers, punctuation, symbols, the ASCII space.
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;
const ALL_PLAIN = /^[ !#-[\]-~]*$/;

/** `text` in double quotes with Go's escapes. */
export function goQuote(text: string): string {
  if (ALL_PLAIN.test(text)) return `"${text}"`;
  let quoted = '"';
  for (const character of text) quoted += quotedCharacter(character);
  return `${quoted}"`;
}

function quotedCharacter(character: string): string {
  const known = ESCAPES.get(character);
  if (known !== undefined) return known;
  if (PRINTABLE.test(character)) return character;
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20 || code === 0x7f) return `\\x${code.toString(16).padStart(2, '0')}`;
  if (code <= 0xffff) return `\\u${code.toString(16).padStart(4, '0')}`;
  return `\\U${code.toString(16).padStart(8, '0')}`;
}
