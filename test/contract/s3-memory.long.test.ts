// A large upload to a real server takes no memory that grows with part_size: 2 GiB in parts of 128
// MiB, three at once, in a process of its own, whose highest resident memory is measured.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileForWorker } from '../support/compile.ts';
import { Processes } from '../support/e2e/processes.ts';
import { hasProgram } from '../support/stores/programs.ts';
import {
  makeBucket,
  type S3Server,
  startVersitygw,
  VERSITYGW,
} from '../support/stores/s3-servers.ts';

const MIB = 1024 * 1024;
const RUN = 'test/support/stores/s3-upload-run';

describe.skipIf(!hasProgram(VERSITYGW))('2 GiB with part_size 134217728', () => {
  const processes = new Processes();
  const dir = mkdtempSync(join(tmpdir(), 'varve-s3-memory-'));
  let server: S3Server;

  beforeAll(async () => {
    server = await startVersitygw();
  });
  afterAll(async () => {
    await processes.endAll();
    await server?.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  it('stays below 128 MiB above the baseline', async () => {
    const compiled = compileForWorker(dir, [`${RUN}.ts`]);
    const bucket = await makeBucket(server.endpoint);
    const where = [server.endpoint, bucket, String(2048 * MIB), String(128 * MIB)];
    const args = [join(compiled, `${RUN}.js`), ...where];
    const child = processes.start('upload', process.execPath, { args });
    const end = await child.ended;
    expect(end.code, child.lastWords()).toBe(0);
    const [before = Number.NaN, after = Number.NaN] = child.stdout.trim().split(' ').map(Number);
    const figure = `${Math.round((after - before) / MIB)} MiB above ${Math.round(before / MIB)} MiB`;
    process.stdout.write(`2 GiB to S3 in parts of 128 MiB: ${figure} at the most\n`);
    expect(after - before).toBeLessThan(128 * MIB);
  }, 900_000);
});
