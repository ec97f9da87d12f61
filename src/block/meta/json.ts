// JSON as meta.json needs it: objects keep the order of their keys and may have any key (a label
// may be named `__proto__`), numbers keep their text (int64 does not fit a double). Printed as Go
// prints it, one tab per level, so that what we rewrite differs only where we changed it.

import { VarveError } from '../../base/errors/varve-error.ts';

/** A number as its text; only checked to be a JSON number. */
export class JsonNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type JsonObject = Map<string, JsonValue>;
export type JsonValue = null | boolean | string | JsonNumber | readonly JsonValue[] | JsonObject;

/** Deeper than any meta.json; keeps the recursion bounded. */
const DEPTH_MAX = 64;
// Strings are only delimited here; what is in them is JSON.parse's to check.
const TOKEN = new RegExp(
  [
    /([{}[\],:])/,
    /("[^"\\]*(?:\\[\s\S][^"\\]*)*")/,
    /(-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)/,
    /(true|false|null)/,
  ]
    .map((token) => `[ \\t\\r\\n]*${token.source}`)
    .join('|'),
  'y',
);

/** Parses one JSON text. Throws `damaged_block` that names `file` and the place. */
export function parseJson(text: string, file: string): JsonValue {
  const parser = new Parser(text, file);
  const value = parser.value(0);
  parser.end();
  return value;
}

class Parser {
  readonly #text: string;
  readonly #file: string;
  #at = 0;
  #token: RegExpExecArray | undefined;

  constructor(text: string, file: string) {
    this.#text = text;
    this.#file = file;
  }

  value(depth: number): JsonValue {
    if (depth > DEPTH_MAX) throw this.#damaged('is nested too deeply');
    const [, mark, string, number, word] = this.#next();
    if (mark === '{') return this.#object(depth);
    if (mark === '[') return this.#array(depth);
    if (string !== undefined) return this.#string(string);
    if (number !== undefined) return new JsonNumber(number);
    if (word !== undefined) return word === 'null' ? null : word === 'true';
    throw this.#damaged('is not JSON');
  }

  end(): void {
    if (this.#text.slice(this.#at).trim() !== '') throw this.#damaged('goes on after its end');
  }

  #string(token: string): string {
    try {
      return String(JSON.parse(token));
    } catch {
      // Its own message would repeat bytes of the file; ours says where.
      throw this.#damaged('has a string that is not JSON');
    }
  }

  #object(depth: number): JsonObject {
    const object: JsonObject = new Map();
    if (this.#peek() === '}') {
      this.#next();
      return object;
    }
    for (;;) {
      const key = this.#next()[2];
      if (key === undefined || this.#next()[1] !== ':') throw this.#damaged('is not JSON');
      object.set(this.#string(key), this.value(depth + 1));
      const mark = this.#next()[1];
      if (mark === '}') return object;
      if (mark !== ',') throw this.#damaged('is not JSON');
    }
  }

  #array(depth: number): JsonValue[] {
    const array: JsonValue[] = [];
    if (this.#peek() === ']') {
      this.#next();
      return array;
    }
    for (;;) {
      array.push(this.value(depth + 1));
      const mark = this.#next()[1];
      if (mark === ']') return array;
      if (mark !== ',') throw this.#damaged('is not JSON');
    }
  }

  #peek(): string | undefined {
    const token = this.#token ?? this.#scan();
    this.#token = token;
    return token[1];
  }

  #next(): RegExpExecArray {
    const token = this.#token ?? this.#scan();
    this.#token = undefined;
    return token;
  }

  #scan(): RegExpExecArray {
    TOKEN.lastIndex = this.#at;
    const token = TOKEN.exec(this.#text);
    if (token === null) throw this.#damaged('is not JSON');
    this.#at = TOKEN.lastIndex;
    return token;
  }

  #damaged(what: string): VarveError {
    return new VarveError('damaged_block', `${this.#file} ${what}, at character ${this.#at}`);
  }
}

/** Go's encoding/json with an indent of one tab. */
export function printJson(value: JsonValue, indent = ''): string {
  const inner = `${indent}\t`;
  if (value instanceof Map) {
    if (value.size === 0) return '{}';
    const lines = [...value].map(([k, v]) => `${inner}${quoted(k)}: ${printJson(v, inner)}`);
    return `{\n${lines.join(',\n')}\n${indent}}`;
  }
  if (value instanceof JsonNumber) return value.text;
  if (value !== null && typeof value === 'object') {
    if (value.length === 0) return '[]';
    const lines = value.map((item) => inner + printJson(item, inner));
    return `[\n${lines.join(',\n')}\n${indent}]`;
  }
  return typeof value === 'string' ? quoted(value) : String(value);
}

/** The same on one line, without spaces. */
export function printJsonLine(value: JsonValue): string {
  if (value instanceof Map)
    return `{${[...value].map(([k, v]) => `${quoted(k)}:${printJsonLine(v)}`).join(',')}}`;
  if (value instanceof JsonNumber) return value.text;
  if (value !== null && typeof value === 'object') return `[${value.map(printJsonLine).join(',')}]`;
  return typeof value === 'string' ? quoted(value) : String(value);
}

/** Go escapes what HTML would take for its own, and two line separators. */
function quoted(text: string): string {
  return JSON.stringify(text).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
