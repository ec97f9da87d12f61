// STYLE.md, "Files and functions" and "Layout": sizes, heads, names, docstrings.

import { posix } from 'node:path';
import { describe, it } from 'vitest';
import { LONG_FILES, LONG_FUNCTIONS } from './exemptions.ts';
import { findFunctions } from './functions.ts';
import {
  Complaints,
  lineAt,
  readText,
  type SourceFile,
  sourceFiles,
  trackedFiles,
} from './sources.ts';

const FILE_LINES_MAX = 400;
const FUNCTION_LINES_MAX = 70;
const COLUMNS_MAX = 100;

const files = sourceFiles();

describe('files', () => {
  it('have at most 400 lines', () => {
    const complaints = new Complaints();
    for (const { path, text } of files) {
      const lines = text.split('\n').length - 1;
      const exempt = path in LONG_FILES;
      if (lines > FILE_LINES_MAX && !exempt) {
        complaints.add(path, FILE_LINES_MAX + 1, `${lines} lines; split it, about 200 is right`);
      }
      if (lines <= FILE_LINES_MAX && exempt) complaints.add(path, 1, 'exempt for no reason');
    }
    for (const path of Object.keys(LONG_FILES)) {
      if (!files.some((file) => file.path === path)) complaints.add(path, 1, 'exempt, but gone');
    }
    complaints.raise();
  });

  it('have at most 100 columns', () => {
    const complaints = new Complaints();
    for (const { path, text } of files) {
      for (const [index, line] of text.split('\n').entries()) {
        const columns = [...line].length;
        if (columns > COLUMNS_MAX) complaints.add(path, index + 1, `${columns} columns; wrap it`);
      }
    }
    complaints.raise();
  });

  it('begin with a comment that says what they hold', () => {
    const complaints = new Complaints();
    for (const { path, text } of files) {
      const first = text.startsWith('#!') ? text.slice(text.indexOf('\n') + 1) : text;
      if (!/^\/\/ \S/.test(first)) complaints.add(path, 1, 'begin with `// What this file holds`');
    }
    complaints.raise();
  });

  it('leave nothing to do', () => {
    const complaints = new Complaints();
    const pattern = /\b(TODO|FIXME|XXX|HACK)\b/g;
    for (const file of files) complaints.matches(file, 'text', pattern, 'do it, or file an issue');
    complaints.raise();
  });

  it('are no barrels, base classes or drawers', () => {
    const complaints = new Complaints();
    for (const file of files) {
      const barrel = 'import from the file that declares it; no barrels';
      complaints.matches(file, 'code', /^export\s+(\*|(type\s+)?\{[^}]*\}\s+from\b)/gm, barrel);
      complaints.matches(file, 'code', /\babstract\s+class\b/g, 'declare an interface instead');
      if (/(^|\/)(utils?|helpers?|common|misc|shared)(\.ts|\/)/.test(file.path)) {
        complaints.add(file.path, 1, 'name it after what it does');
      }
    }
    complaints.raise();
  });
});

describe('functions', () => {
  it('have at most 70 lines', () => {
    const complaints = new Complaints();
    const used = new Set<string>();
    for (const file of files) {
      for (const { name, start, end } of findFunctions(file.code)) {
        const first = lineAt(file.text, start);
        const lines = lineAt(file.text, end) - first + 1;
        if (lines <= FUNCTION_LINES_MAX) continue;
        const key = `${file.path}#${name}`;
        if (key in LONG_FUNCTIONS) used.add(key);
        else complaints.add(file.path, first, `${name} has ${lines} lines; split it`);
      }
    }
    for (const key of Object.keys(LONG_FUNCTIONS)) {
      if (!used.has(key)) complaints.add(key, 1, 'exempt for no reason');
    }
    complaints.raise();
  });
});

describe('what is exported', () => {
  it('has a docstring', () => {
    const complaints = new Complaints();
    for (const file of files) {
      const pattern = /^export (?!default|\{)(?:async |declare )*(\w+)\*? (\w+)[^\n]*/gm;
      const exported = [...file.code.matchAll(pattern)];
      if (exported.length <= 1) continue; // then the head of the file says it
      for (const match of exported) {
        if (!isDocumented(file, match)) {
          complaints.at(file, match.index, `${match[2]} wants a docstring: meaning, units, errors`);
        }
      }
    }
    complaints.raise();
  });
});

/** By a comment above it, or beside it, or the head of its file, or its group's, or its name. */
function isDocumented(file: SourceFile, match: RegExpExecArray): boolean {
  const [line, kind, name = ''] = match;
  const above = file.text.slice(0, match.index).trimEnd();
  if (above.endsWith('*/')) return true;
  if (kind === 'type' && /= .*;$/.test(line)) return true; // one line says itself
  if (kind === 'interface' && name.endsWith('Options')) return true; // its members say it
  const stem = posix.basename(file.path, '.ts').replaceAll('-', '');
  if (name.toLowerCase() === stem) return true; // what the head of the file is about
  if (kind !== 'const') return false;
  // Its own beside it, or a run of constants, one a line, under one comment.
  const end = file.text.indexOf('\n', match.index);
  if (file.text.slice(match.index, end).includes('//')) return true;
  const lines = file.text.slice(0, match.index).trimEnd().split('\n');
  while (/^export const .*;( \/\/.*)?$/.test(lines.at(-1) ?? '')) lines.pop();
  return /\*\/$|^\/\/ /.test(lines.at(-1) ?? '');
}

describe('pages of documentation', () => {
  it('have exactly one title', () => {
    const complaints = new Complaints();
    for (const path of trackedFiles(/^(docs\/.*|README|CONTRIBUTING|SECURITY|CHANGELOG)\.md$/)) {
      const text = readText(path).replace(/^(```|~~~)[\s\S]*?^\1/gm, (code) =>
        code.replace(/^#/gm, ' '),
      );
      const titles = [...text.matchAll(/^# \S/gm)];
      if (titles.length !== 1) complaints.add(path, 1, `${titles.length} titles; one \`# Title\``);
    }
    complaints.raise();
  });
});
