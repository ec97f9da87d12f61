// Reading a YAML document strictly, with places: whoever reads asks for the keys it knows, and
// `end` refuses every key that nobody asked for. Wrong types and values out of range name file,
// line, key and what is allowed; nothing is clipped. Used for bucket.yml and everything else that
// is not an option.

import type { Node, Pair, YAMLMap } from 'yaml';
import { isMap, isScalar, isSeq } from 'yaml';
import type { VarveError } from '../errors/varve-error.ts';
import { BadValue, configError } from './config-error.ts';
import type { Environment } from './fill-environment.ts';
import { fillEnvironment } from './fill-environment.ts';
import type { OptionType, Range, YamlSource } from './option-type.ts';
import { bool, byteSize, duration, integer, oneOf, text } from './option-type.ts';
import { Secret } from './secret.ts';
import { didYouMean, nearest } from './suggest.ts';
import { kindOf, parseYaml, type YamlFile } from './yaml-parse.ts';

const OLD_BOOLEAN: Readonly<Record<string, string>> = {
  yes: 'true',
  on: 'true',
  no: 'false',
  off: 'false',
};

/** The text of a scalar as it was written (numbers too), with variables filled in. */
export function scalarText(file: YamlFile, node: Node | undefined, where: string): string {
  if (!isScalar(node)) throw configError(where, `must be a single value, is ${kindOf(node)}`);
  if (node.value === null) {
    throw configError(where, 'has no value; take the key away to get the default');
  }
  const written = typeof node.value === 'string' ? node.value : (node.source ?? String(node.value));
  return file.env === undefined ? written : fillEnvironment(written, file.env, where);
}

/** One mapping of a document. */
export class YamlMapping {
  readonly #file: YamlFile;
  readonly #node: YAMLMap | undefined;
  readonly #path: string;
  readonly #asked = new Set<string>();

  constructor(file: YamlFile, node: YAMLMap | undefined, path: string) {
    this.#file = file;
    this.#node = node;
    this.#path = path;
  }

  /**
   * `bucket.yml:3: key "config.directory"`, for messages about a key that is there or should be.
   */
  where(key: string): string {
    const node = this.#pair(key)?.key as Node | undefined;
    const line = this.#file.lineOf(node ?? this.#node);
    return `${this.#file.name}:${line}: key ${JSON.stringify(this.#full(key))}`;
  }

  /** An error about a key, for checks of the caller's own. */
  error(key: string, what: string): VarveError {
    return configError(this.where(key), what);
  }

  /** True when the key is there. */
  has(key: string): boolean {
    this.#asked.add(key);
    return this.#pair(key) !== undefined;
  }

  /** Text; a number or a boolean counts as it was written. */
  string(key: string): string | undefined {
    return this.#read(key, text());
  }

  /** Text that must be there and not be empty. */
  requiredString(key: string): string {
    const value = this.string(key);
    if (value !== undefined && value !== '') return value;
    // A misspelt key is the likelier mistake than a missing one, and its own line the better place.
    const keys = (this.#node?.items ?? []).map(keyText);
    const misspelt = keys.find((other) => nearest(other, [key]) !== undefined);
    if (value === undefined && misspelt !== undefined) {
      throw this.error(misspelt, `is unknown; did you mean ${key}?`);
    }
    throw this.error(key, 'is required');
  }

  secret(key: string): Secret | undefined {
    const value = this.string(key);
    return value === undefined ? undefined : new Secret(value);
  }

  /** true or false; yes, no, on and off too, as in the YAML that Thanos reads. */
  boolean(key: string): boolean | undefined {
    const type = bool();
    const parse: typeof type.parse = ([value = ''], where) =>
      type.parse([OLD_BOOLEAN[value.toLowerCase()] ?? value], where);
    return this.#read(key, { ...type, parse });
  }

  integer(key: string, range: Range): number | undefined {
    return this.#read(key, integer(range));
  }

  durationMs(key: string, range: Range): number | undefined {
    return this.#read(key, duration(range));
  }

  sizeBytes(key: string, range: Range): number | undefined {
    return this.#read(key, byteSize(range));
  }

  oneOf<const T extends string>(key: string, words: readonly T[]): T | undefined {
    return this.#read(key, oneOf(words));
  }

  /** A list of texts. */
  strings(key: string): readonly string[] | undefined {
    const node = this.#value(key);
    if (node === undefined) return undefined;
    if (!isSeq(node)) throw this.error(key, `must be a list, is ${kindOf(node)}`);
    return node.items.map((item) =>
      scalarText(this.#file, this.#file.resolve(item), this.where(key)),
    );
  }

  /** The keys and texts of a mapping whose keys are the user's own; none when it is not there. */
  texts(key: string): readonly (readonly [key: string, text: string])[] {
    const inner = this.mapping(key);
    return (inner.#node?.items ?? []).map((pair) => {
      const name = keyText(pair);
      return [name, inner.string(name) ?? ''] as const;
    });
  }

  /** The mapping at a key; one without keys when the key is not there or empty. */
  mapping(key: string): YamlMapping {
    const node = this.#value(key);
    if (isMap(node)) return new YamlMapping(this.#file, node, this.#full(key));
    if (node !== undefined && !(isScalar(node) && node.value === null)) {
      throw this.error(key, `must be a mapping, is ${kindOf(node)}`);
    }
    return new YamlMapping(this.#file, undefined, this.#full(key));
  }

  /** Refuses keys that nobody asked for. Call it when all known keys have been read. */
  end(): void {
    for (const pair of this.#node?.items ?? []) {
      const key = keyText(pair);
      if (this.#asked.has(key)) continue;
      throw this.error(key, `is unknown${didYouMean(key, this.#asked)}`);
    }
  }

  #full(key: string): string {
    return this.#path === '' ? key : `${this.#path}.${key}`;
  }

  #pair(key: string): Pair | undefined {
    return this.#node?.items.find((pair) => keyText(pair) === key);
  }

  #value(key: string): Node | undefined {
    this.#asked.add(key);
    return this.#file.resolve(this.#pair(key)?.value);
  }

  #read<T>(key: string, type: OptionType<T>): T | undefined {
    const node = this.#value(key);
    if (node === undefined) return undefined;
    const where = this.where(key);
    return parseValue(type, [scalarText(this.#file, node, where)], where);
  }
}

function keyText(pair: Pair): string {
  return isScalar(pair.key) ? String(pair.key.source ?? pair.key.value) : '?';
}

/** Parses texts by a type; what is wrong is said with its place. */
export function parseValue<T>(type: OptionType<T>, texts: readonly string[], where: string): T {
  try {
    return type.parse(texts, where);
  } catch (thrown) {
    if (thrown instanceof BadValue) throw configError(where, thrown.message, thrown);
    throw thrown;
  }
}

/**
 * A document whose top is a mapping, ready to be read.
 * @param env where references to variables are looked up
 */
export function readYamlMapping(source: YamlSource, env: Environment): YamlMapping {
  const fill = source.fillEnvironment ? env : undefined;
  const { file, top } = parseYaml(source.name, source.text.reveal(), fill);
  if (top !== undefined && !isMap(top)) {
    const where = `${source.name}:${file.lineOf(top)}`;
    throw configError(where, `must be a mapping of keys to values, is ${kindOf(top)}`);
  }
  return new YamlMapping(file, top, '');
}
