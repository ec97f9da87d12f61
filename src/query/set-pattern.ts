// Patterns that are no more than a list of words, `a|b|c`: dashboards send them for variables with
// several values. Their series are looked up word by word instead of trying each value.

/** Characters that mean something else than themselves. */
const META = new Set('\\.+*?()|[]{}^$');
const GROUP = /^\((?:\?:)?(.*)\)$/s;

/**
 * The words of a pattern of words joined by `|`, perhaps in one group; undefined for any other. An
 * escaped meta character stands for itself.
 */
export function wordsOfPattern(pattern: string): readonly string[] | undefined {
  const inside = GROUP.exec(pattern)?.[1] ?? pattern;
  const words: string[] = [];
  let word = '';
  let escaped = false;
  for (const character of inside) {
    if (escaped) {
      if (!META.has(character) && character !== '-') return undefined;
      word += character;
      escaped = false;
    } else if (character === '\\') {
      escaped = true;
    } else if (character === '|') {
      words.push(word);
      word = '';
    } else if (META.has(character)) {
      return undefined;
    } else {
      word += character;
    }
  }
  if (escaped) return undefined;
  words.push(word);
  return [...new Set(words)];
}
