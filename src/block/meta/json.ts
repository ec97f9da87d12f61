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
const [QUOTE, COMMA, COLON] = [0x22, 0x2c, 0x3a];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];
const [TAB, LINE_FEED, RETURN, SPACE] = [0x09, 0x0a, 0x0d, 0x20];
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
/** A string up to its end; what is in it is JSON.parse's to check. */
const STRING = /"[^"\\]*(?:\\[\s\S][^"\\]*)*"/y;
const WORDS = new Map<string, null | boolean>([
  ['null', null],
  ['true', true],
  ['false', false],
]);

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

  constructor(text: string, file: string) {
    this.#text = text;
    this.#file = file;
  }

  value(depth: number): JsonValue {
    if (depth > DEPTH_MAX) throw this.#damaged('is nested too deeply');
    const code = this.#peek();
    if (code === QUOTE) return this.#string();
    if (code === OPEN_OBJECT) return this.#object(depth);
    if (code === OPEN_LIST) return this.#array(depth);
    const number = this.#match(NUMBER);
    return number === undefined ? this.#word() : new JsonNumber(number);
  }

  end(): void {
    if (!Number.isNaN(this.#peek())) throw this.#damaged('goes on after its end');
  }

  #word(): null | boolean {
    for (const [word, value] of WORDS) {
      if (!this.#text.startsWith(word, this.#at)) continue;
      this.#at += word.length;
      return value;
    }
    throw this.#damaged('is not JSON');
  }

  #string(): string {
    const token = this.#match(STRING);
    if (token === undefined) throw this.#damaged('is not JSON');
    try {
      // Also where nothing is escaped: a slice would keep the whole text in memory.
      return String(JSON.parse(token));
    } catch {
      // Its own message would repeat bytes of the file; ours says where.
      throw this.#damaged('has a string that is not JSON');
    }
  }

  #object(depth: number): JsonObject {
    const object: JsonObject = new Map();
    this.#at++;
    if (this.#takes(CLOSE_OBJECT)) return object;
    do {
      if (this.#peek() !== QUOTE) throw this.#damaged('is not JSON');
      const key = this.#string();
      this.#take(COLON);
      object.set(key, this.value(depth + 1));
    } while (this.#takes(COMMA));
    this.#take(CLOSE_OBJECT);
    return object;
  }

  #array(depth: number): JsonValue[] {
    const array: JsonValue[] = [];
    this.#at++;
    if (this.#takes(CLOSE_LIST)) return array;
    do array.push(this.value(depth + 1));
    while (this.#takes(COMMA));
    this.#take(CLOSE_LIST);
    return array;
  }

  /** The next character that is no space, which is where it stands then; NaN at the end. */
  #peek(): number {
    for (; ; this.#at++) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== SPACE && code !== LINE_FEED && code !== TAB && code !== RETURN) return code;
    }
  }

  /** Passes the character if it comes next. */
  #takes(code: number): boolean {
    if (this.#peek() !== code) return false;
    this.#at++;
    return true;
  }

  #take(code: number): void {
    if (!this.#takes(code)) throw this.#damaged('is not JSON');
  }

  /** Passes what `pattern` finds right here. */
  #match(pattern: RegExp): string | undefined {
    const from = this.#at;
    pattern.lastIndex = from;
    if (!pattern.test(this.#text)) return undefined;
    this.#at = pattern.lastIndex;
    return this.#text.slice(from, this.#at);
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
