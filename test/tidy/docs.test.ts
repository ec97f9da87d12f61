// What the pages of documentation name is there: links, headings, paths, npm scripts, flags, metrics.

import { existsSync } from 'node:fs';
import { posix } from 'node:path';
import { describe, it } from 'vitest';
import { BUCKET_ROLES } from '../../src/base/config/bucket-commands.ts';
import { inertOptionsOf, optionsOf } from '../../src/base/config/catalogue.ts';
import { METRIC_CATALOGUE } from '../../src/base/observe/metric-catalogue.ts';
import { Complaints, lineAt, ROOT, readText, trackedFiles } from './sources.ts';

const FENCE = /^(```|~~~)[\s\S]*?^\1/gm;
const pages = trackedFiles(/\.md$/)
  .filter((path) => !path.startsWith('test/'))
  .map((path) => ({ path, text: readText(path) }));

/** Flags on our pages that are somebody else's. */
const FOREIGN_FLAGS: Readonly<Record<string, string>> = {
  '--query.replica-label': 'thanos query',
  '--storage.tsdb.wal-segment-size': 'prometheus',
  '--storage.tsdb.path': 'prometheus',
  '--storage.tsdb.min-block-duration': 'prometheus',
  '--storage.tsdb.max-block-duration': 'prometheus',
  '--storage.tsdb.delay-compact-file.path': 'prometheus',
  '--storage.tsdb.retention.time': 'prometheus',
  '--seed': 'npm run simulate',
  '--seeds': 'npm run simulate',
  '--minutes': 'npm run simulate',
  '--jobs': 'npm run simulate',
  '--cpu-prof': 'node',
  '--cpu-prof-dir': 'node',
};

const ROLES = ['serve', 'receive', 'sidecar', 'compact', 'tsdb', ...BUCKET_ROLES] as const;
const flags = new Set([
  '--help',
  '--version',
  ...ROLES.flatMap((role) => [
    ...optionsOf(role).map(({ spec }) => `--${spec.flag}`),
    ...inertOptionsOf(role).map(({ flag }) => `--${flag}`),
  ]),
]);

/** The anchor that forges make of a heading. */
function anchorOf(heading: string): string {
  const kept = heading.toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, '');
  return kept.trim().replaceAll(' ', '-');
}

function anchorsOf(text: string): Set<string> {
  const headings = text.replace(FENCE, '').matchAll(/^#{1,6} (.+)$/gm);
  return new Set([...headings].map(([, heading = '']) => anchorOf(heading)));
}

/** Calls `check` with each match and complains of what it returns, if anything. */
function checkEach(pattern: RegExp, check: (match: RegExpExecArray, path: string) => string): void {
  const complaints = new Complaints();
  for (const { path, text } of pages) {
    for (const match of text.matchAll(pattern)) {
      const wrong = check(match, path);
      if (wrong !== '') complaints.add(path, lineAt(text, match.index + 1), wrong);
    }
  }
  complaints.raise();
}

const isThere = (path: string): boolean => existsSync(`${ROOT}/${path}`);

describe('pages of documentation name only what is there:', () => {
  it('links and their headings', () => {
    checkEach(/\]\(([^)\s]+)\)/g, ([, to = ''], path) => {
      if (/^(https?|mailto):/.test(to)) return '';
      const [file = '', anchor] = to.split('#');
      const target = file === '' ? path : posix.normalize(posix.join(posix.dirname(path), file));
      if (target.startsWith('..') || !isThere(target)) return `links to ${to}, which is not there`;
      if (anchor === undefined || anchorsOf(readText(target)).has(anchor)) return '';
      return `links to ${to}, which has no such heading`;
    });
  });

  it('paths of the checkout', () => {
    const path =
      /(?:^|[\s`(])((?:src|test|bench|docs|deploy|storage-adapters|proto|dist)\/[\w./-]+)/gm;
    checkEach(path, ([, named = '']) => {
      const source = named.replace(/^dist\//, '').replace(/\.(c?)js$/, '.$1ts');
      const plain = (named.startsWith('dist/') ? source : named).replace(/[./]+$/, '');
      return isThere(plain) ? '' : `names ${named}, which is not there`;
    });
  });

  it('npm scripts', () => {
    const { scripts } = JSON.parse(readText('package.json'));
    checkEach(/\bnpm run ([\w:-]+)|\bnpm (start|test)\b/g, ([, run, own]) => {
      const name = run ?? own ?? '';
      return name in scripts ? '' : `names npm run ${name}, which is not there`;
    });
  });

  it('flags', () => {
    checkEach(/(?<![\w-])--(?:\[no-\])?([a-z][\w.-]*\w)/g, ([, name = '']) => {
      const flag = `--${name}`;
      if (flags.has(flag) || flag in FOREIGN_FLAGS) return '';
      if (flags.has(`--${name.replace(/^no-/, '')}`)) return '';
      return `names ${flag}, which is no flag; somebody else's go into FOREIGN_FLAGS`;
    });
  });

  it('metrics', () => {
    checkEach(/\bvarve_[a-z_]*[a-z]\b(?!…)/g, ([name]) => {
      const base = name.replace(/_(bucket|sum|count)$/, '');
      return name in METRIC_CATALOGUE || base in METRIC_CATALOGUE ? '' : `${name} is no metric`;
    });
  });
});
