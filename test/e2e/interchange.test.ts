// What Varve leaves behind after a SIGKILL under load: a directory that Debian's Prometheus starts
// on and that holds every acknowledged float sample that was in order, and a Varve that, started
// again, has every acknowledged sample at all.

import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { type Dump, dumpBlocks, dumpDir } from '../support/e2e/dumps.ts';
import { PROMETHEUS, PROMTOOL, peersFor } from '../support/e2e/peers.ts';
import { Processes } from '../support/e2e/processes.ts';
import { PrometheusProcess } from '../support/e2e/prometheus-process.ts';
import { type Acknowledged, NAME, RecordingSender } from '../support/e2e/recording-sender.ts';
import { blocksIn, VarveProcess } from '../support/e2e/varve-process.ts';
import { freePorts } from '../support/e2e/waiting.ts';

const TENANT = 'default-tenant';

/** Each ends with a SIGKILL under load. */
const ROUNDS = [
  { loadMs: 1500, flush: 'none', reader: 'prometheus' },
  { loadMs: 2300, flush: 'done', reader: 'promtool' },
  { loadMs: 900, flush: 'cut short', reader: 'promtool' },
  { loadMs: 2700, flush: 'none', reader: 'promtool' },
  { loadMs: 1300, flush: 'cut short', reader: 'prometheus' },
  { loadMs: 1900, flush: 'done', reader: 'prometheus' },
] as const;

/** How long after its start a flush is cut short by the SIGKILL. */
const CUT_SHORT_MS = [15, 120];

/** A moment from which on samples before the newest block's end were late. */
interface Flush {
  readonly startedMs: number;
  readonly endMs: number;
}

const dir = mkdtempSync(join(tmpdir(), 'varve-interchange-'));
const processes = new Processes();
afterAll(async () => {
  await processes.endAll();
  rmSync(dir, { recursive: true, force: true });
});

class Scene {
  readonly flushes: Flush[] = [];
  readonly cutShortMs = [...CUT_SHORT_MS];
  readonly varve: VarveProcess;
  readonly sender: RecordingSender;
  readonly tenantDir: string;

  constructor(varve: VarveProcess) {
    this.varve = varve;
    this.tenantDir = join(varve.dataDir, 'tsdb', TENANT);
    this.sender = new RecordingSender({
      origin: varve.writeOrigin,
      workers: 4,
      series: 40,
      samples: 2,
      pauseMs: 12,
      requestsPerGeneration: 20,
    });
  }

  /** Load, a flush or the beginning of one in the middle of it, and the end. */
  async disturb({ loadMs, flush }: (typeof ROUNDS)[number]): Promise<void> {
    this.sender.start();
    await sleep(loadMs);
    const startedMs = Date.now();
    if (flush === 'done') {
      await this.flush();
      await sleep(700);
    }
    if (flush === 'cut short') {
      const begun = this.varve.flush().catch(() => undefined);
      await sleep(this.cutShortMs.shift());
      await this.varve.kill();
      await begun;
      this.noteBlocks(startedMs);
    } else await this.varve.kill();
    await this.sender.stop();
  }

  async flush(): Promise<void> {
    const startedMs = Date.now();
    await this.varve.flush();
    this.noteBlocks(startedMs);
  }

  noteBlocks(startedMs: number): void {
    const ends = blocksIn(this.tenantDir).map(({ maxTimeMs }) => maxTimeMs);
    this.flushes.push({ startedMs, endMs: Math.max(0, ...ends) });
  }

  /** False when it may have come after a block that ends behind it. */
  wasInOrder(timeMs: number, { answeredMs }: Acknowledged): boolean {
    return this.flushes.every(({ startedMs, endMs }) => answeredMs < startedMs || timeMs >= endMs);
  }
}

/** All that a Prometheus started on the copy answers. */
async function askPrometheus(copy: string): Promise<Dump> {
  const [port = 0] = await freePorts(1);
  const options = { dir: `${copy}-prometheus`, port, dataDir: copy };
  const reader = new PrometheusProcess(processes, options, {});
  await reader.ready();
  const samples = await reader.samplesOf(NAME, '2h');
  await reader.process.stop();
  return samples;
}

async function readCopy(copy: string, reader: 'prometheus' | 'promtool'): Promise<Dump> {
  for (const { ulid } of blocksIn(copy)) {
    const text = execFileSync(PROMTOOL, ['tsdb', 'analyze', copy, ulid], { encoding: 'utf8' });
    expect(text).toContain(`Block ID: ${ulid}`);
  }
  if (reader === 'prometheus') return askPrometheus(copy);
  const dump: Dump = new Map();
  await dumpDir(copy, {}, dump);
  return dump;
}

describe.runIf(peersFor(PROMETHEUS, PROMTOOL))('after a SIGKILL under load', () => {
  test('Prometheus and Varve have all that was acknowledged', { timeout: 240_000 }, async () => {
    const options = { dataDir: join(dir, 'varve'), args: ['--web.enable-lifecycle'] };
    const varve = await VarveProcess.prepare(processes, options);
    const scene = new Scene(varve);
    const { sender } = scene;
    await varve.start();
    for (const [index, round] of ROUNDS.entries()) {
      await scene.disturb(round);
      const copy = join(dir, `copy-${index}`);
      cpSync(scene.tenantDir, copy, { recursive: true });
      const theirs = sender.missingFrom(await readCopy(copy, round.reader), (timeMs, from) =>
        scene.wasInOrder(timeMs, from),
      );
      expect(theirs, `round ${index}, ${round.reader}`).toMatchObject({ missing: 0, example: '' });
      expect(theirs.wanted).toBeGreaterThan(0.8 * sender.samples);
      rmSync(copy, { recursive: true });

      await varve.start();
      await scene.flush();
      const bucket = blocksIn(join(varve.dataDir, 'bucket'));
      const blocks = bucket.filter(({ labels }) => labels.tenant_id === TENANT);
      const ours = sender.missingFrom(await dumpBlocks(blocks, dir, () => ({})));
      expect(ours, `round ${index}, varve`).toMatchObject({ missing: 0, example: '' });
      expect(ours.wanted).toBe(sender.samples);
    }
    sender.close();
    expect(sender.complaints).toEqual([]);
    const answers = JSON.stringify(Object.fromEntries(sender.answers));
    process.stdout.write(
      `${ROUNDS.length} kills, ${sender.samples} samples acknowledged, answers ${answers}\n`,
    );
  });
});
