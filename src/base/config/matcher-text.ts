// Matchers as flags write them: `cluster="eu"`, `replica!~"r.*"`; several in one text are separated
// by commas, and braces around them do not count.

import { BadValue } from './config-error.ts';
import { type OptionType, text } from './option-type.ts';

/** A condition on a label, as PromQL has them; the same shape as query/source.ts has. */
export interface MatcherText {
  readonly type: '=' | '!=' | '=~' | '!~';
  readonly name: string;
  readonly value: string;
}

const ALLOWED = 'must be matchers such as cluster="eu-1",replica!~"r.*"';
const TYPES = ['=~', '!~', '!=', '='] as const;
const NAME = /^\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*/;
const QUOTED = /^\s*("(?:[^"\\]|\\.)*")\s*(?:,|$)/;
// A shell has eaten the quotes.
const BARE = /^\s*([^\s",'`\\{}]*)\s*(?:,|$)/;

/** Matchers; several flags are one list, all of which must hold. */
export function matchers(): OptionType<readonly MatcherText[]> {
  return {
    ...text('matcher'),
    repeatable: true,
    split: (one) => [one],
    parse: (values) => values.flatMap(parseMatchers),
    format: (value) => value.map(({ name, type, value: v }) => name + type + JSON.stringify(v)),
  };
}

function parseMatchers(written: string): readonly MatcherText[] {
  const found: MatcherText[] = [];
  let left = written.trim().replace(/^\{(.*)\}$/s, '$1');
  do {
    const name = NAME.exec(left);
    const behind = left.slice(name?.[0].length ?? 0);
    const type = TYPES.find((one) => behind.startsWith(one));
    if (name === null || type === undefined) throw new BadValue(ALLOWED);
    const rest = behind.slice(type.length);
    const value = QUOTED.exec(rest) ?? BARE.exec(rest);
    if (value === null) throw new BadValue(ALLOWED);
    found.push({ type, name: name[1] ?? '', value: unquoted(value[1] ?? '') });
    left = rest.slice(value[0].length).trim();
  } while (left !== '');
  return found;
}

function unquoted(value: string): string {
  if (!value.startsWith('"')) return value;
  try {
    return String(JSON.parse(value));
  } catch {
    throw new BadValue(`${ALLOWED}, with " and \\ in a value written as \\" and \\\\`);
  }
}
