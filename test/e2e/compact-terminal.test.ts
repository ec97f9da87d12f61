// The built `varve compact` with standard error on a real pseudo-terminal (Debian's `script`), and
// on a pipe: one line that is written over itself on the one, none on the other, and a log that is
// the same on both.

import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { freePorts } from '../support/e2e/waiting.ts';

const LAUNCH = new URL('../../dist/src/launch.cjs', import.meta.url).pathname;
const BLOCKS = new URL('../golden/data/blocks/raw', import.meta.url).pathname;
const SCRIPT = '/usr/bin/script';
const hasScript = existsSync(SCRIPT) || process.env.REQUIRE_PEERS === '1';
const CLEAR = '\r\x1b[K';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'varve-terminal-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** The command line of one run on a bucket of its own, slow enough to be watched. */
async function commandOf(name: string): Promise<readonly string[]> {
  const path = join(dir, name);
  mkdirSync(path);
  for (const ulid of readdirSync(BLOCKS))
    cpSync(join(BLOCKS, ulid), join(path, ulid), { recursive: true });
  const yml = join(dir, `${name}.yml`);
  writeFileSync(yml, `type: FILESYSTEM\nconfig:\n  directory: ${path}\n`);
  const [port = 0] = await freePorts(1);
  return [
    ...[process.execPath, LAUNCH, 'compact', `--objstore.config-file=${yml}`],
    ...[`--data-dir=${join(dir, `${name}-work`)}`, `--http-address=127.0.0.1:${port}`],
    ...['--consistency-delay=0s', '--objstore.download-bandwidth=30KB'],
  ];
}

/** The messages of log lines, in their order; each line must be one. */
function messagesOf(lines: readonly string[]): readonly string[] {
  return lines.map((line) => {
    expect(line).toMatch(/^time=\S+ level=\S+ .*msg=/);
    return /msg=("[^"]*"|\S+)/.exec(line)?.[1] ?? '';
  });
}

const env = { PATH: process.env.PATH, TERM: 'xterm' };

test.runIf(hasScript)(
  'one line on a terminal, and log lines that stand alone',
  async () => {
    const command = (await commandOf('tty')).join(' ');
    const args = ['-qfec', `stty cols 120 && ${command} 2>&1 >/dev/null`, '/dev/null'];
    const { status, stdout } = spawnSync(SCRIPT, args, { encoding: 'utf8', env, timeout: 120_000 });
    expect(status).toBe(0);
    // What a person sees of each row: behind the last clearing. The terminal makes \n a \r\n.
    const rows = stdout.trimEnd().split(/\r*\n/);
    const tty = messagesOf(rows.map((row) => row.slice(row.lastIndexOf(CLEAR) + CLEAR.length)));
    const shown = stdout.split(CLEAR).filter((text) => /^(compact|downsample) /.test(text));
    // Written over itself at least once, however slow the machine is.
    expect(shown.length).toBeGreaterThan(1);
    for (const text of shown) {
      expect(text).toMatch(/^compact \d+ blocks( of .*)?: .*B of .*B(, .*\/s, .* left)?$/);
      expect(text.length).toBeLessThan(120);
    }

    const [program = '', ...rest] = await commandOf('pipe');
    const piped = spawnSync(program, rest, { encoding: 'utf8', env, timeout: 120_000 });
    expect(piped.status).toBe(0);
    expect(piped.stderr).not.toContain('\x1b');
    expect(piped.stderr).not.toContain('\r');
    const told = new Set(messagesOf(piped.stderr.trimEnd().split('\n')));
    expect(new Set(tty)).toEqual(told);
  },
  180_000,
);
