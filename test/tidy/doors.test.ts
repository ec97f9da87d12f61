// STYLE.md, "The one door" and "Bytes": what only some folders may touch.

import { describe, it } from 'vitest';
import { Complaints, type SourceFile, sourceFiles } from './sources.ts';

const files = sourceFiles();

/** Something that only files matching `allowed` may use. */
interface Door {
  readonly what: string;
  readonly form: 'code' | 'withoutComments';
  readonly pattern: RegExp;
  readonly allowed: RegExp;
  readonly instead: string;
}

const RUNTIME = /^src\/base\/runtime\//;

function globalDoor(what: string, pattern: RegExp, instead: string): Door {
  return { what, form: 'code', pattern, allowed: RUNTIME, instead };
}

function moduleDoor(names: string, allowed: RegExp, instead: string): Door {
  const pattern = new RegExp(
    `(?:from|import|import\\(|require\\()\\s*['"](?:node:)?(?:${names})['"]`,
    'g',
  );
  return { what: names.replace(/\|.*/, ''), form: 'withoutComments', pattern, allowed, instead };
}

const DOORS: readonly Door[] = [
  globalDoor('Date', /\bDate\b/g, 'take a Clock; isoTime from base/runtime writes times'),
  globalDoor('performance', /\bperformance\b/g, 'take a Clock: monotonicMs'),
  globalDoor('hrtime', /\bhrtime\b/g, 'take a Clock: monotonicMs'),
  globalDoor('timers', /\bset(Timeout|Interval|Immediate)\b/g, 'take Timers'),
  globalDoor('Math.random', /\bMath\s*\.\s*random\b/g, 'take a Random'),
  globalDoor(
    'randomness',
    /\b(randomBytes|randomUUID|randomInt|randomFill(Sync)?|getRandomValues)\b/g,
    'take a Random',
  ),
  globalDoor('Worker', /\bnew\s+Worker\b/g, 'take Threads'),
  moduleDoor('fs|fs/promises', RUNTIME, 'take a Disk'),
  moduleDoor('worker_threads', RUNTIME, 'take Threads, or serveThread in an entry'),
  moduleDoor('timers|timers/promises', RUNTIME, 'take Timers'),
  moduleDoor('perf_hooks', RUNTIME, 'take a Clock'),
  moduleDoor('http|https|http2|net|tls', /^src\/base\/http\//, 'go through base/http'),
];

/** What stands in the way of nothing and is needed: each with its reason. */
const EXEMPT: Readonly<Record<string, string>> = {};

/** Files with an error of their own that lacks the place: whoever knows it makes a VarveError. */
const WITHOUT_PLACE: Readonly<Record<string, string>> = {
  'src/base/bytes/byte-reader.ts': 'reading past the end; callers add file and offset',
  'src/base/config/config-error.ts': 'a value that is none; load-config and yaml-reader add where',
};

describe('the one door to the world', () => {
  it.each(DOORS)('$what is used behind it only', (door) => {
    const complaints = new Complaints();
    for (const file of files) {
      if (door.allowed.test(file.path) || file.path in EXEMPT) continue;
      complaints.matches(file, door.form, door.pattern, `${door.what}: ${door.instead}`);
    }
    complaints.raise();
  });
});

describe('raw indexing', () => {
  it('stays in base/bytes and base/chunk', () => {
    const complaints = new Complaints();
    const what = 'raw indexing: use a DataView, a column or a reader that checked its bounds';
    for (const file of files) {
      if (/^src\/base\/(bytes|chunk)\//.test(file.path)) continue;
      complaints.matches(file, 'code', /\]!/g, what);
      complaints.matches(file, 'code', /\]\s+as\s+number\b/g, what);
    }
    complaints.raise();
  });
});

describe('escapes from the type system', () => {
  it('are not there', () => {
    const complaints = new Complaints();
    for (const file of files) {
      complaints.matches(file, 'text', /@ts-(ignore|nocheck|expect-error)/g, 'type it rightly');
      complaints.matches(file, 'code', /\bas\s+any\b|:\s*any\b/g, 'use unknown and look');
    }
    complaints.raise();
  });
});

describe('paths and keys', () => {
  const PARTS = String.raw`(?:meta\.json|tombstones|chunks|index|deletion-mark\.json|no-compact-mark\.json)`;
  const joined = new RegExp(
    `join\\([^;]*['"\`]${PARTS}['"\`]|\\}/${PARTS}[\`/]|\\+\\s*['"\`]/?${PARTS}['"\`]`,
    'g',
  );

  function check(file: SourceFile, complaints: Complaints): void {
    const what = 'make it in block/paths.ts (on disk) or bucket/layout.ts (in the bucket)';
    complaints.matches(file, 'withoutComments', joined, what);
  }

  it('of blocks are made in block/paths.ts and bucket/layout.ts only', () => {
    const complaints = new Complaints();
    for (const file of files) {
      if (/^src\/(block\/paths|bucket\/layout)\.ts$/.test(file.path)) continue;
      check(file, complaints);
    }
    complaints.raise();
  });
});

describe('errors', () => {
  it('of the world are VarveErrors; only base/errors makes other ones', () => {
    const complaints = new Complaints();
    const pattern = /\bthrow\s+new\s+(?:Error|TypeError|RangeError)\b|\bextends\s+Error\b/g;
    for (const file of files) {
      if (/^src\/base\/errors\//.test(file.path)) continue;
      if (file.path in WITHOUT_PLACE) continue;
      complaints.matches(file, 'code', pattern, 'throw a VarveError, or assert');
    }
    complaints.raise();
  });

  it('are not caught and forgotten', () => {
    const complaints = new Complaints();
    const patterns = [
      /\bcatch\s*(\([^)]*\))?\s*\{\s*\}/g,
      /\.catch\(\s*\(\w*\)\s*=>\s*(\{\s*\}|undefined|null)\s*\)/g,
    ];
    for (const file of files) {
      for (const match of patterns.flatMap((one) => [...file.code.matchAll(one)])) {
        if (hasComment(file, match.index, match.index + match[0].length)) continue;
        complaints.at(
          file,
          match.index,
          'handle it, count and log it, throw it on, or say why not',
        );
      }
    }
    complaints.raise();
  });
});

/** True when a comment stands on the lines from `start` to `end`, or on the line above. */
function hasComment(file: SourceFile, start: number, end: number): boolean {
  const lineStart = file.text.lastIndexOf('\n', start) + 1;
  const above = file.text.lastIndexOf('\n', lineStart - 2) + 1;
  const after = file.text.indexOf('\n', end);
  return file.text.slice(above, after) !== file.withoutComments.slice(above, after);
}
