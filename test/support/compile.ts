// Compiles sources for tests that need plain JavaScript: worker threads and child processes, which
// the test runner does not translate for.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = new URL('../..', import.meta.url).pathname;

/**
 * Compiles `files` (paths from the checkout's root) and what they import into a new directory under
 * `parent`, which it returns; there they have the same paths, ending in .js.
 */
export function compileForWorker(parent: string, files: readonly string[]): string {
  const out = mkdtempSync(join(parent, 'compiled-'));
  const config = join(out, 'tsconfig.json');
  const compilerOptions = { rootDir: ROOT, outDir: out, noEmit: false, types: ['node'] };
  writeFileSync(
    config,
    JSON.stringify({
      extends: join(ROOT, 'tsconfig.json'),
      compilerOptions: { ...compilerOptions, typeRoots: [join(ROOT, 'node_modules/@types')] },
      include: [],
      files: files.map((file) => join(ROOT, file)),
    }),
  );
  writeFileSync(join(out, 'package.json'), '{"type":"module"}');
  symlinkSync(join(ROOT, 'node_modules'), join(out, 'node_modules'));
  const done = spawnSync(join(ROOT, 'node_modules/.bin/tsc'), ['-p', config], { encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`tsc: ${done.stdout}${done.stderr}`);
  return out;
}
