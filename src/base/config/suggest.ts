// "Did you mean": the known name nearest to a misspelt one.

/** Number of single-letter insertions, deletions, replacements and swaps between two names. */
export function editDistance(a: string, b: string): number {
  let beforeLast: readonly number[] = [];
  let last: readonly number[] = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row: number[] = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a.charAt(i - 1) === b.charAt(j - 1);
      const changed = (last.at(j - 1) ?? 0) + (same ? 0 : 1);
      let best = Math.min(changed, (last.at(j) ?? 0) + 1, (row.at(j - 1) ?? 0) + 1);
      const swapped =
        i > 1 &&
        j > 1 &&
        a.charAt(i - 1) === b.charAt(j - 2) &&
        a.charAt(i - 2) === b.charAt(j - 1);
      if (swapped) best = Math.min(best, (beforeLast.at(j - 2) ?? 0) + 1);
      row.push(best);
    }
    beforeLast = last;
    last = row;
  }
  return last.at(b.length) ?? a.length;
}

const NAME_LENGTH_MAX = 100;

/**
 * The known name that was probably meant, or undefined when none is near. A name whose end is what
 * was written (`retention` for `tsdb.retention`) counts as near when it is the only one.
 */
export function nearest(written: string, known: Iterable<string>): string | undefined {
  if (written.length > NAME_LENGTH_MAX) return undefined;
  const names = [...known];
  const endings = names.filter(
    (name) => name.endsWith(`.${written}`) || name.endsWith(`-${written}`),
  );
  if (endings.length === 1) return endings.at(0);
  const allowed = Math.max(1, Math.min(3, Math.floor(written.length / 3)));
  let best: string | undefined;
  let bestDistance = allowed + 1;
  for (const name of names) {
    if (Math.abs(name.length - written.length) > allowed) continue;
    const distance = editDistance(written.toLowerCase(), name.toLowerCase());
    if (distance < bestDistance) {
      best = name;
      bestDistance = distance;
    }
  }
  return best;
}

/** ` (did you mean X?)`, or nothing. */
export function didYouMean(written: string, known: Iterable<string>, prefix = ''): string {
  const name = nearest(written, known);
  return name === undefined ? '' : `; did you mean ${prefix}${name}?`;
}
