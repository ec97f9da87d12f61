// Exemplars and metadata through the built program: written, still there after a SIGKILL, after
// flushes that truncate the log into a checkpoint, after another SIGKILL; bounded by the flag.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { httpCall } from '../support/e2e/http-calls.ts';
import { Processes } from '../support/e2e/processes.ts';
import { LAUNCH, VarveProcess } from '../support/e2e/varve-process.ts';
import { body, type TestSeries } from '../support/write-bodies.ts';

const EXEMPLARS_MAX = 20;
const HEADERS = {
  'content-type': 'application/x-protobuf;proto=io.prometheus.write.v2.Request',
  'content-encoding': 'snappy',
  'x-prometheus-remote-write-version': '2.0.0',
};

const dir = mkdtempSync(join(tmpdir(), 'varve-kept-'));
const processes = new Processes();
afterAll(async () => {
  await processes.endAll();
  rmSync(dir, { recursive: true, force: true });
});

async function send(varve: VarveProcess, series: readonly TestSeries[]): Promise<void> {
  const call = { method: 'POST', headers: HEADERS, body: new Uint8Array(body(2, series)) };
  const { status, text } = await httpCall(`${varve.writeOrigin}/api/v1/receive`, call);
  expect([status, text]).toEqual([204, '']);
}

/** Lines of `varve tsdb dump --records=…`, beside the running process. */
function dumped(varve: VarveProcess, records: 'exemplars' | 'metadata'): readonly string[] {
  const tenant = join(varve.dataDir, 'tsdb', 'default-tenant');
  const args = [LAUNCH, 'tsdb', 'dump', `--records=${records}`, tenant];
  const text = execFileSync(process.execPath, args, { encoding: 'utf8' });
  return text.split('\n').filter((line) => line !== '');
}

test('exemplars and metadata survive kills, flushes and checkpoints, and stay bounded', async () => {
  const args = ['--web.enable-lifecycle', `--tsdb.max-exemplars=${EXEMPLARS_MAX}`];
  const varve = await VarveProcess.prepare(processes, { dataDir: dir, args });
  await varve.start();
  const time = Date.now();
  const metadata = { type: 1, help: 'what it is', unit: 'seconds' };
  const exemplars = (id: string, at: number) => [
    { labels: [['trace_id', id]] as const, time: at, value: 0.5 },
  ];
  const labels = [['__name__', 'kept']] as const;
  await send(varve, [
    { labels, samples: [{ time, value: 1 }], exemplars: exemplars('first', time), metadata },
  ]);
  const exemplar = `{__name__="kept"} # {trace_id="first"} 0.5 ${time}`;
  const known = '{__name__="kept"} counter unit="seconds" help="what it is"';
  expect(dumped(varve, 'exemplars')).toEqual([exemplar]);
  expect(dumped(varve, 'metadata')).toEqual([known]);

  await varve.kill();
  await varve.start();
  for (let i = 0; i < 5; i++) {
    await send(varve, [
      { labels: [['__name__', 'filler']], samples: [{ time: Date.now(), value: i }] },
    ]);
    await varve.flush();
  }
  const wal = readdirSync(join(dir, 'tsdb', 'default-tenant', 'wal'));
  expect(wal.some((name) => name.startsWith('checkpoint.'))).toBe(true);
  expect(wal).not.toContain('00000000');
  await varve.kill();
  await varve.start();
  expect(dumped(varve, 'exemplars')).toEqual([exemplar]);
  expect(dumped(varve, 'metadata')).toEqual([known]);

  // More than fit: the oldest go, from the log as well.
  for (let i = 0; i < 6; i++) {
    const at = Date.now();
    const series = Array.from({ length: 10 }, (_, n): TestSeries => {
      const own = [['__name__', `m${n}`]] as const;
      return {
        labels: own,
        samples: [{ time: at, value: i }],
        exemplars: exemplars(`${i}-${n}`, at),
      };
    });
    await send(varve, series);
    await varve.flush();
  }
  await varve.kill();
  await varve.start();
  for (let i = 0; i < 4; i++) {
    await send(varve, [
      { labels: [['__name__', 'filler']], samples: [{ time: Date.now(), value: i }] },
    ]);
    await varve.flush();
  }
  const traces = dumped(varve, 'exemplars').map((line) => /trace_id="([^"]+)/.exec(line)?.[1]);
  expect(traces).toHaveLength(EXEMPLARS_MAX);
  expect(traces.every((trace) => /^[45]-/.test(trace ?? ''))).toBe(true);
});
