// Takes typed values out of parsed JSON, with an error that names the key. Missing keys have a
// default, as Go leaves out what is zero.

import { VarveError } from '../../base/errors/varve-error.ts';
import { JsonNumber, type JsonObject, type JsonValue } from './json.ts';

/** An object of a meta.json, with its path in it for error messages. */
export class Fields {
  readonly #object: JsonObject;
  readonly #file: string;
  readonly #path: string;

  constructor(value: JsonValue | undefined, file: string, path = '') {
    this.#file = file;
    this.#path = path;
    if (!(value instanceof Map)) throw this.damaged('', 'an object');
    this.#object = value;
  }

  has(key: string): boolean {
    return (this.#object.get(key) ?? null) !== null;
  }

  text(key: string, missing?: string): string {
    const value = this.#object.get(key) ?? missing;
    if (typeof value !== 'string') throw this.damaged(key, 'a string');
    return value;
  }

  flag(key: string): boolean {
    const value = this.#object.get(key) ?? false;
    if (typeof value !== 'boolean') throw this.damaged(key, 'true or false');
    return value;
  }

  /** A whole number within ±2^53. */
  whole(key: string, missing?: number): number {
    const value = this.#object.get(key) ?? undefined;
    if (value === undefined && missing !== undefined) return missing;
    const number = value instanceof JsonNumber ? Number(value.text) : Number.NaN;
    if (!Number.isSafeInteger(number)) throw this.damaged(key, 'a whole number within ±2^53');
    return number;
  }

  /** A whole number that is not negative. */
  count(key: string, missing = 0): number {
    const number = this.whole(key, missing);
    if (number < 0) throw this.damaged(key, 'not negative');
    return number;
  }

  object(key: string): Fields {
    return new Fields(this.#object.get(key), this.#file, this.#pathOf(key));
  }

  /** The objects of a list; none when it is missing. */
  objects(key: string): readonly Fields[] {
    return this.#list(key).map(
      (item, i) => new Fields(item, this.#file, this.#pathOf(`${key}[${i}]`)),
    );
  }

  /** The strings of a list; none when it is missing. */
  texts(key: string): readonly string[] {
    return this.#list(key).map((item) => {
      if (typeof item !== 'string') throw this.damaged(key, 'a list of strings');
      return item;
    });
  }

  /** The keys and values of an object of strings. */
  *textEntries(): Generator<[string, string]> {
    for (const [key, value] of this.#object) {
      if (typeof value !== 'string') throw this.damaged(key, 'a string');
      yield [key, value];
    }
  }

  damaged(key: string, wanted: string): VarveError {
    const where = this.#pathOf(key) || 'the whole';
    return new VarveError('damaged_block', `${this.#file}: ${where} is not ${wanted}`);
  }

  #pathOf(key: string): string {
    return this.#path === '' || key === '' ? this.#path + key : `${this.#path}.${key}`;
  }

  #list(key: string): readonly JsonValue[] {
    const value = this.#object.get(key) ?? null;
    if (value === null) return [];
    if (typeof value !== 'object' || value instanceof Map || value instanceof JsonNumber)
      throw this.damaged(key, 'a list');
    return value;
  }
}
