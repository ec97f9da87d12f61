import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { VarveError } from '../../../../src/base/errors/varve-error.ts';
import type { LogLevel } from '../../../../src/base/observe/logger.ts';
import { makeLogger } from '../../../../src/base/observe/node-logger.ts';
import { compileForWorker } from '../../../support/compile.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

const root = mkdtempSync(join(tmpdir(), 'varve-log-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const clock = new ManualClock(Date.UTC(2026, 10, 23, 17, 50, 30, 7));

function capture(format: 'logfmt' | 'json', level: LogLevel = 'info') {
  const lines: string[] = [];
  const levels: LogLevel[] = [];
  const write = (line: string): void => {
    lines.push(line);
  };
  const onMessage = (one: LogLevel): void => {
    levels.push(one);
  };
  return { lines, levels, logger: makeLogger({ format, level, clock, write, onMessage }) };
}

describe('the logger', () => {
  it('writes logfmt with time, level, component and msg first', () => {
    const { lines, logger } = capture('logfmt');
    const wal = logger.child({ component: 'wal', tenant: 'eu' });
    wal.info('segment sealed', { segment: 7, path: '/data/a b' });
    expect(lines).toEqual([
      'time=2026-11-23T17:50:30.007Z level=info component=wal msg="segment sealed" tenant=eu ' +
        'segment=7 path="/data/a b"\n',
    ]);
  });

  it('writes json', () => {
    const { lines, logger } = capture('json');
    logger.warn('late', { tenant: 'a"b', count: 2 });
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { level: 'warn', time: '2026-11-23T17:50:30.007Z', tenant: 'a"b', count: 2, msg: 'late' },
    ]);
  });

  it('drops what is below its level, and still tells of it', () => {
    const { lines, levels, logger } = capture('logfmt', 'warn');
    logger.debug('a');
    logger.info('b');
    logger.warn('c');
    logger.error('d');
    expect(lines.length).toBe(2);
    expect(levels).toEqual(['debug', 'info', 'warn', 'error']);
  });

  it('shows an error by code and message, a bug with its stack', () => {
    const { lines, logger } = capture('logfmt');
    logger.warn('x', { err: new VarveError('disk_full', 'no room') });
    logger.error('x', { err: new TypeError('bug') });
    expect(lines[0]).toContain('err="disk_full: no room"');
    expect(lines[1]).toContain('err="TypeError: bug\\n    at ');
    expect(lines[1]?.split('\n').length).toBe(2); // one line, whatever is in it
  });

  it('has written everything when the process or a thread of it dies', () => {
    const out = compileForWorker(root, [
      'src/base/observe/node-logger.ts',
      'src/base/runtime/node-clock.ts',
    ]);
    const script = join(out, 'die.mjs');
    writeFileSync(
      script,
      `import { Worker, isMainThread } from 'node:worker_threads';
import { makeLogger } from './src/base/observe/node-logger.js';
import { NodeClock } from './src/base/runtime/node-clock.js';
const logger = makeLogger({ format: 'logfmt', level: 'info', clock: new NodeClock() });
for (let i = 0; i < 2000; i++) logger.info('line', { i, main: isMainThread });
if (isMainThread) new Worker(new URL(import.meta.url)).on('exit', () => process.kill(process.pid, 'SIGKILL'));
else process.exit(1);`,
    );
    const done = spawnSync(process.execPath, [script], { encoding: 'utf8' });
    const lines = done.stderr.trimEnd().split('\n');
    expect(lines.length).toBe(4000);
    expect(lines[1999]).toContain('i=1999 main=true');
    expect(lines[3999]).toContain('i=1999 main=false');
    expect(done.signal).toBe('SIGKILL');
  });
});
