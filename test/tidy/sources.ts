// The files that the tidy tests look at: what git knows of src/ and storage-adapters/.

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { blank } from './blank.ts';

export const ROOT = new URL('../..', import.meta.url).pathname;

/** A source file in three forms, each with the same lines and columns. */
export interface SourceFile {
  /** From the checkout's root: src/wal/log.ts */
  readonly path: string;
  readonly text: string;
  /** Without comments. */
  readonly withoutComments: string;
  /** Without comments and without what is inside of strings, templates and regular expressions. */
  readonly code: string;
}

/** Paths that git tracks and that are there, matching `pattern`. */
export function trackedFiles(pattern: RegExp): string[] {
  const listed = execFileSync('git', ['ls-files', '-z'], { cwd: ROOT, encoding: 'utf8' });
  return listed.split('\0').filter((path) => pattern.test(path) && existsSync(join(ROOT, path)));
}

export function readText(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

/** Every TypeScript file of the product. */
export function sourceFiles(): SourceFile[] {
  return trackedFiles(/^(src|storage-adapters)\/.*\.ts$/).map((path) => {
    const text = readText(path);
    return { path, text, ...blank(text) };
  });
}

/** Collects what is wrong and says it all at once. */
export class Complaints {
  readonly #found: string[] = [];

  /** @param offset where in the file's text, for the line */
  at(file: SourceFile, offset: number, what: string): void {
    this.add(file.path, lineAt(file.text, offset), what);
  }

  add(path: string, line: number, what: string): void {
    this.#found.push(`${path}:${line}: ${what}`);
  }

  /** Every match of `pattern` in one form of the file is a complaint. */
  matches(
    file: SourceFile,
    form: 'text' | 'withoutComments' | 'code',
    pattern: RegExp,
    what: string,
  ) {
    for (const match of file[form].matchAll(pattern)) this.at(file, match.index, what);
  }

  get list(): readonly string[] {
    return this.#found;
  }

  /** Fails the test when there are any. */
  raise(): void {
    if (this.#found.length > 0) {
      throw new Error(`${this.#found.length} to mend\n${this.#found.join('\n')}`);
    }
  }
}

/** The line (from 1) of an offset. */
export function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', at + 1))
    line++;
  return line;
}
