// The value types of options. A type turns texts into a value and a value back into texts; the same
// texts come from the command line, the environment and the YAML file, so each rule is written
// once.

import { formatByteSize, parseByteSize } from './byte-size.ts';
import { BadValue } from './config-error.ts';
import { formatDuration, parseDuration } from './duration.ts';
import type { ConfigLabel } from './label-text.ts';
import { formatLabel, parseLabel, splitLabels } from './label-text.ts';
import { Secret } from './secret.ts';

/** How texts become a value of type T. */
export interface OptionType<T> {
  /** As it stands in the docs: `duration`, `size`. */
  readonly name: string;
  /** As it stands behind the flag in `--help`. */
  readonly placeholder: string;
  /** The flag may be given several times, the YAML value may be a list. */
  readonly repeatable: boolean;
  /** Given without a value it means `true`, and there is a `--no-` form. */
  readonly isBool: boolean;
  /** `labels`, `document`: the YAML value may be a mapping. */
  readonly yamlMapping?: 'labels' | 'document';
  /** How one environment variable holds several values; commas unless given. */
  readonly split?: (text: string) => readonly string[];
  /**
   * @param texts one text, or any number when repeatable
   * @param where for values that keep the place they came from
   * @throws BadValue whose message says what is allowed
   */
  parse(texts: readonly string[], where: string): T;
  /** Texts that `parse` would turn into this value; `<secret>` for secrets. */
  format(value: T): readonly string[];
}

function single<T>(
  name: string,
  parse: (text: string, where: string) => T,
  format: (value: T) => string,
): OptionType<T> {
  return {
    name,
    placeholder: `<${name}>`,
    repeatable: false,
    isBool: false,
    parse: (texts, where) => parse(texts.at(0) ?? '', where),
    format: (value) => [format(value)],
  };
}

/** A rule for texts: what is allowed, in words and as a test. */
export interface TextRule {
  readonly allowed: string;
  readonly test: (text: string) => boolean;
}

function checked(text: string, rule: TextRule | undefined): string {
  if (rule !== undefined && !rule.test(text)) throw new BadValue(`must be ${rule.allowed}`);
  return text;
}

/** Any text, or what the rule allows. */
export function text(name = 'text', rule?: TextRule): OptionType<string> {
  return single(
    name,
    (value) => checked(value, rule),
    (value) => value,
  );
}

/** A path of a file or directory, relative to the working directory. */
export function path(name = 'path'): OptionType<string> {
  return text(name, {
    allowed: 'a path',
    test: (value) => value !== '' && !value.includes('\0'),
  });
}

/** True or false. */
export function bool(): OptionType<boolean> {
  const base = single(
    'bool',
    (value) => {
      if (value === 'true' || value === '1') return true;
      if (value === 'false' || value === '0') return false;
      throw new BadValue('must be true or false');
    },
    (value) => String(value),
  );
  return { ...base, isBool: true };
}

/** The least and the largest value, both allowed. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

function inRange(value: number, range: Range, show: (value: number) => string): number {
  if (value >= range.min && value <= range.max) return value;
  throw new BadValue(`must be between ${show(range.min)} and ${show(range.max)}`);
}

/** A whole number; its digits may be grouped by underscores. */
export function integer(range: Range): OptionType<number> {
  const parse = (value: string): number => {
    if (!/^-?\d+(_\d+)*$/.test(value)) throw new BadValue('must be a whole number');
    return inRange(Number(value.replaceAll('_', '')), range, String);
  };
  return single('int', parse, String);
}

/** Milliseconds, written as a Prometheus duration. */
export function duration(range: Range): OptionType<number> {
  const parse = (value: string): number => inRange(parseDuration(value), range, formatDuration);
  return single('duration', parse, formatDuration);
}

/** Bytes, written with a unit. */
export function byteSize(range: Range): OptionType<number> {
  const parse = (value: string): number => inRange(parseByteSize(value), range, formatByteSize);
  return single('size', parse, formatByteSize);
}

/** One of a few words. */
export function oneOf<const T extends string>(words: readonly T[]): OptionType<T> {
  const parse = (value: string): T => {
    const word = words.find((candidate) => candidate === value);
    if (word === undefined) throw new BadValue(`must be ${words.join(' or ')}`);
    return word;
  };
  return { ...single('enum', parse, (value) => value), placeholder: `<${words.join('|')}>` };
}

/** Where to listen. */
export interface Address {
  /** A name or an IP address without brackets; `0.0.0.0` when none was given. */
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
}

/** host:port, :port, or [IPv6]:port. */
export function address(): OptionType<Address> {
  const parse = (value: string): Address => {
    const found = /^(?:\[([0-9a-fA-F:.%a-z]+)\]|([^:[\]\s/]*)):(\d{1,5})$/.exec(value);
    const port = Number(found?.at(3));
    if (found === null || port > 65_535) {
      throw new BadValue('must be an address such as 0.0.0.0:10902, :10902 or [::1]:10902');
    }
    return { host: found.at(1) || found.at(2) || '0.0.0.0', port };
  };
  const format = ({ host, port }: Address): string =>
    host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  return single('host:port', parse, format);
}

/** Several texts, each once. */
export function texts(name: string, rule?: TextRule): OptionType<readonly string[]> {
  return {
    ...text(name),
    repeatable: true,
    parse: (values) => {
      for (const value of values) checked(value, rule);
      const twice = values.find((value, i) => values.indexOf(value) !== i);
      if (twice !== undefined) throw new BadValue('must not name the same thing twice');
      return values;
    },
    format: (values) => values,
  };
}

/** Labels, sorted by name, each name once. */
export function labels(): OptionType<readonly ConfigLabel[]> {
  return {
    ...text('key="value"'),
    repeatable: true,
    placeholder: '<key="value">',
    yamlMapping: 'labels',
    split: splitLabels,
    parse: (values) => {
      const parsed = values.map(parseLabel);
      if (new Set(parsed.map((label) => label.name)).size < parsed.length) {
        throw new BadValue('must give each label once');
      }
      // Names are ASCII here, so the order of JavaScript is the order of bytes.
      return parsed.toSorted((a, b) => (a.name < b.name ? -1 : 1));
    },
    format: (values) => values.map(formatLabel),
  };
}

/** A YAML document given as text: what it holds may be secret, so it is never printed. */
export interface YamlSource {
  /** What to call it in messages: a path, or the flag or key that held it. */
  readonly name: string;
  readonly text: Secret;
  /** Whether `${NAME}` and `$(NAME)` in its values are filled in from the environment. */
  readonly fillEnvironment: boolean;
}

/** A YAML document as the value itself. */
export function yamlContent(): OptionType<YamlSource> {
  const parse = (value: string, where: string): YamlSource => ({
    name: where,
    text: new Secret(value),
    fillEnvironment: true,
  });
  const base = single('content', parse, (value) => String(value.text));
  return { ...base, yamlMapping: 'document' };
}
