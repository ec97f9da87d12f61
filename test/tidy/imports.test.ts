// STYLE.md, "Layout": who may import whom.

import { posix } from 'node:path';
import { describe, it } from 'vitest';
import { Complaints, type SourceFile, sourceFiles } from './sources.ts';

const files = sourceFiles();

/** Alone know several stages. The tools' files are entries, as main.ts is of roles. */
const WIRING = new Set([
  'src/gateway.ts',
  'src/job-stage.ts', // the job thread, for gateway.ts
  'src/thread-settings.ts', // what gateway.ts starts its threads with
  'src/sidecar.ts', // what gateway.ts is to `serve`, it is to `sidecar`
  'src/plan-parts.ts', // the pieces of retention/ and downsample/ that compact/plan works with
  'src/merge-parts.ts', // the pieces of block/ and bucket/ that compact/merge works with
  'src/bucket-reader.ts', // the same for query/bucket-select
  'src/compactor.ts', // the same for `compact`
  'src/compact-thread.ts',
  'src/engine-thread.ts',
  'src/stream-opener.ts', // the half of engine-thread.ts that opens streams
  'src/job-thread.ts',
  'src/archive-thread.ts',
  'src/admin/tsdb-tool.ts',
  'src/admin/bucket-tool.ts',
]);

/** Files of another stage that may be imported for their values: pure codecs. */
const PURE = /(^|\/)(format|layout|paths|[\w-]+-record)\.ts$/;

interface Import {
  readonly offset: number;
  /** From the checkout's root; a package or Node module otherwise. */
  readonly target: string;
  readonly typeOnly: boolean;
}

function importsOf(file: SourceFile): Import[] {
  const found: Import[] = [];
  const pattern =
    /^(?:import|export)\b([^;'"]*?)\bfrom\s+['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/gm;
  for (const match of file.withoutComments.matchAll(pattern)) {
    const clause = (match[1] ?? '').trim();
    const specifier = match[2] ?? match[3] ?? '';
    const target = specifier.startsWith('.')
      ? posix.join(posix.dirname(file.path), specifier)
      : specifier;
    found.push({ offset: match.index, target, typeOnly: isTypeOnly(clause) });
  }
  return found;
}

function isTypeOnly(clause: string): boolean {
  if (/^type\b/.test(clause)) return true;
  const named = /^\{([\s\S]*)\}$/.exec(clause)?.[1];
  if (named === undefined) return false;
  const names = named.split(',').filter((name) => name.trim() !== '');
  return names.every((name) => /^\s*type\s/.test(name));
}

/** `base`, a stage's name, an adapter's, or the file itself for what lies directly under src/. */
function areaOf(path: string): string {
  const [top = '', second = ''] = path.split('/');
  return top === 'src' && second.includes('.') ? path : second;
}

const isOurs = (target: string): boolean => /^(src|storage-adapters)\//.test(target);
const isStage = (path: string): boolean => /^src\/[\w-]+\//.test(path) && areaOf(path) !== 'base';

describe('imports', () => {
  it('of base/ stay in base/', () => {
    const complaints = new Complaints();
    for (const file of files.filter(({ path }) => path.startsWith('src/base/'))) {
      for (const { target, offset } of importsOf(file)) {
        if (isOurs(target) && !target.startsWith('src/base/')) {
          complaints.at(file, offset, `base knows no stage, but imports ${target}`);
        }
      }
    }
    complaints.raise();
  });

  it('of a stage are base/, and of other stages types and pure codecs', () => {
    const complaints = new Complaints();
    for (const file of files.filter(({ path }) => isStage(path) && !WIRING.has(path))) {
      for (const { target, typeOnly, offset } of importsOf(file)) {
        if (!isOurs(target) || areaOf(target) === areaOf(file.path)) continue;
        if (target.startsWith('src/base/') || target === 'src/stage.ts') continue;
        if (isStage(target) && (typeOnly || PURE.test(target))) continue;
        const instead = 'declare an interface, let gateway.ts or a thread entry supply it';
        complaints.at(file, offset, `imports ${target}; ${instead}`);
      }
    }
    complaints.raise();
  });

  it('of storage adapters are bucket/bucket.ts, types of bucket/, and base/', () => {
    const complaints = new Complaints();
    for (const file of files.filter(({ path }) => path.startsWith('storage-adapters/'))) {
      for (const { target, typeOnly, offset } of importsOf(file)) {
        if (!isOurs(target) || target.startsWith('src/base/')) continue;
        if (target === 'src/bucket/bucket.ts') continue;
        if (target.startsWith('src/bucket/') && typeOnly) continue;
        const isSwitch = file.path === 'storage-adapters/open-bucket.ts';
        const own =
          areaOf(target) === areaOf(file.path) || posix.dirname(target) === 'storage-adapters';
        if (target.startsWith('storage-adapters/') && (isSwitch || own)) continue;
        complaints.at(file, offset, `imports ${target}; adapters see bucket/bucket.ts and base/`);
      }
    }
    complaints.raise();
  });

  it('of several stages stand in gateway.ts and the thread entries only', () => {
    const complaints = new Complaints();
    for (const file of files.filter(({ path }) => areaOf(path) === path && !WIRING.has(path))) {
      const stages = new Set<string>();
      for (const { target, typeOnly, offset } of importsOf(file)) {
        if (!isStage(target) || typeOnly) continue;
        stages.add(areaOf(target));
        if (stages.size > 1)
          complaints.at(file, offset, 'knows several stages; wire in gateway.ts');
      }
    }
    complaints.raise();
  });

  it('have their extension, and Node’s modules their prefix', () => {
    const complaints = new Complaints();
    const builtins =
      /^(fs|path|os|url|util|crypto|stream|events|buffer|zlib|child_process|http)(\/|$)/;
    for (const file of files) {
      for (const { target, offset } of importsOf(file)) {
        if (isOurs(target) && !target.endsWith('.ts'))
          complaints.at(file, offset, 'end it with .ts');
        if (builtins.test(target)) complaints.at(file, offset, `write node:${target}`);
      }
    }
    complaints.raise();
  });
});
