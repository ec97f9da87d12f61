// The store is away for 72 simulated hours while senders go on: nothing is lost, what waits stays
// within its limit, writes are answered 503 past it and reads go on, the log does not grow, and
// afterwards the blocks arrive in the order of time.

import { beforeAll, describe, expect, it } from 'vitest';
import { type ExactSample, exactBody } from '../support/exact-body.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { MemoryDisk } from '../support/memory-disk.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { readBlocks, readObjects } from '../support/stored-samples.ts';
import { type Answer, GatewayMachine, setupOf, TSDB } from './gateway-machine.ts';
import { readSamples } from './reading.ts';
import { FAIR, OUTAGE, SimulatedStore } from './simulated-store.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const OUTAGE_HOURS = 72;
const STEP_MS = 5 * MINUTE;
const TENANTS = ['a', 'b'] as const;
const SERIES = 10;
/** What waits reaches it after some forty hours. */
const LIMIT_BYTES = 90 * 1024;

/** A sender as Prometheus is one: in order, and what is answered 503 comes again. */
interface Sender {
  readonly tenant: string;
  readonly backlog: number[];
  readonly accepted: number[];
}

/** What was seen at one moment of the outage. */
interface Look {
  readonly hour: number;
  readonly statuses: readonly number[];
  readonly waitingBytes: number;
  readonly logBytes: number;
  readonly diskBytes: number;
  readonly readable: number;
  readonly accepted: number;
}

class World {
  readonly clock = new ManualClock(Date.UTC(2026, 0, 2));
  readonly store = new SimulatedStore(this.clock, new SeededRandom(7));
  readonly senders = TENANTS.map((tenant): Sender => ({ tenant, backlog: [], accepted: [] }));
  readonly looks: Look[] = [];
  /** The texts and headers of answers that were 503. */
  readonly refusals: Answer[] = [];
  disk = new MemoryDisk({ nowMs: () => this.clock.nowMs() });
  #lives = 0;
  machine = this.#build();

  #build(): GatewayMachine {
    return new GatewayMachine({
      setup: setupOf([`--shipper.queue-max-size=${LIMIT_BYTES}B`]),
      disk: this.disk,
      clock: this.clock,
      seed: ++this.#lives,
      stretch: 4,
      store: this.store,
      onCut: () => undefined,
    });
  }

  async restart(end: 'kill' | 'power'): Promise<void> {
    this.machine.goDown(end, undefined);
    this.disk = this.machine.remains;
    this.machine = this.#build();
    await this.machine.gateway.start();
  }

  /** Each sender scrapes, and sends what it has, the oldest first, until it is told to wait. */
  async step(): Promise<number[]> {
    const statuses: number[] = [];
    for (const sender of this.senders) {
      sender.backlog.push(this.clock.nowMs());
      while (sender.backlog.length > 0) {
        const times = sender.backlog.slice(0, 50);
        const answer = await this.send(sender.tenant, times);
        statuses.push(answer.status);
        if (answer.status !== 204) {
          this.refusals.push(answer);
          break;
        }
        sender.accepted.push(...sender.backlog.splice(0, times.length));
      }
    }
    await this.clock.advance(STEP_MS);
    return statuses;
  }

  send(tenant: string, timesMs: readonly number[]): Promise<Answer> {
    const series = Array.from({ length: SERIES }, (_, i) => ({
      labels: [['__name__', `m${i}`] as const],
      samples: timesMs.map((timeMs): ExactSample => ({ timeMs, bits: bitsAt(timeMs, i) })),
    }));
    const headers = {
      'content-type': 'application/x-protobuf',
      'content-encoding': 'snappy',
      'THANOS-TENANT': tenant,
    };
    const body = new Uint8Array(exactBody(series));
    return this.machine.ask('POST', '/api/v1/receive', { headers, body });
  }

  async look(hour: number, statuses: readonly number[]): Promise<void> {
    const files = this.disk.allFiles();
    const sizeOf = (paths: readonly string[]): number =>
      paths.reduce((sum, path) => sum + (this.disk.stat(path)?.sizeBytes ?? 0), 0);
    const read = await readSamples(this.machine.gateway, {
      tenant: 'a',
      query: { minTimeMs: 0, maxTimeMs: Number.MAX_SAFE_INTEGER, matchers: [] },
    });
    expect(read.warnings).toEqual([]);
    const inBlocks = /\/[0-9A-HJKMNP-TV-Z]{26}\/(index|chunks)/;
    this.looks.push({
      hour,
      statuses,
      waitingBytes: sizeOf(files.filter((path) => inBlocks.test(path))),
      logBytes: sizeOf(files.filter((path) => path.includes('/wal/'))),
      diskBytes: this.disk.usedBytes(),
      readable: read.samples.size,
      accepted: (this.senders[0]?.accepted.length ?? 0) * SERIES,
    });
  }

  async metric(name: string): Promise<number[]> {
    const { text } = await this.machine.ask('GET', '/metrics');
    const lines = text.split('\n').filter((line) => line.match(new RegExp(`^${name}[{ ]`)));
    return lines.map((line) => Number(line.slice(line.lastIndexOf(' ') + 1)));
  }

  /** What is in the bucket: `tenant time`, of one series, each as often as it is there. */
  async stored(): Promise<string[]> {
    const blocks = await readObjects(this.store.objects);
    return blocks.flatMap(({ samples }) =>
      samples
        .filter(([key]) => key.includes('|__name__=m3|'))
        .map(([key, bits, timeMs]) => {
          expect(bits).toBe(bitsAt(timeMs, 3));
          return `${/tenant_id=(\w+)/.exec(key)?.[1]} ${timeMs}`;
        }),
    );
  }
}

function bitsAt(timeMs: number, series: number): string {
  return (timeMs * 100 + series).toString(16).padStart(16, '0');
}

describe('an outage of 72 hours', () => {
  const world = new World();
  /** Blocks that waited when the store came back. */
  let waited: ReturnType<typeof readBlocks> = [];
  let atTheEnd: { readonly full: number[]; readonly ageSeconds: number[]; readonly queue: string };

  beforeAll(async () => {
    await world.machine.gateway.start();
    for (let i = 0; i < 12; i++) await world.step(); // an hour of good weather
    world.store.weather = OUTAGE;
    for (let hour = 0; hour < OUTAGE_HOURS; hour++) {
      // The machine does not stay up for it, and the second time the catalogue is lost as well.
      if (hour === 20) await world.restart('kill');
      if (hour === 60) await world.restart('power');
      let statuses: number[] = [];
      for (let i = 0; i < HOUR / STEP_MS; i++) statuses = await world.step();
      await world.look(hour, statuses);
    }
    waited = TENANTS.flatMap((tenant) => readBlocks(world.disk, `${TSDB}/${tenant}`));
    atTheEnd = {
      full: await world.metric('varve_shipper_queue_full'),
      ageSeconds: await world.metric('varve_shipper_oldest_waiting_block_age_seconds'),
      queue: (await world.machine.ask('GET', '/api/v1/uploads')).text,
    };
    world.store.weather = FAIR;
    for (let i = 0; i < (6 * HOUR) / STEP_MS; i++) await world.step();
    const flushed = await world.machine.ask('POST', '/-/flush');
    expect(flushed.text).toMatch(/, 0 not uploaded\.\n$/);
  }, 600_000);

  it('begins with writes that are taken, and ends with 503 and a Retry-After', () => {
    const codes = world.looks.map(({ statuses }) => new Set(statuses));
    expect(codes[20]).toEqual(new Set([204]));
    expect(codes.at(-1)).toEqual(new Set([503]));
    for (const { text, headers } of world.refusals) {
      expect(text).toMatch(/^queue_full: /);
      expect(Number(headers['retry-after'])).toBeGreaterThanOrEqual(30);
    }
    const firstRefused = codes.findIndex((one) => one.has(503));
    process.stdout.write(`writes were refused from hour ${firstRefused} on\n`);
    // From then on it stays so: it does not open and shut.
    for (const one of codes.slice(firstRefused + 1)) expect(one).toEqual(new Set([503]));
  });

  it('keeps what waits within the limit, and uses it', () => {
    const most = Math.max(...world.looks.map(({ waitingBytes }) => waitingBytes));
    process.stdout.write(`at most ${most} of ${LIMIT_BYTES} bytes waited\n`);
    expect(most).toBeLessThanOrEqual(LIMIT_BYTES);
    expect(most).toBeGreaterThan(0.8 * LIMIT_BYTES);
  });

  it('does not let the log grow, nor anything else on the disk', () => {
    const most = (from: number, to: number, of: 'logBytes' | 'diskBytes'): number =>
      Math.max(...world.looks.slice(from, to).map((look) => look[of]));
    const usualBytes = most(4, 12, 'logBytes');
    const [logBytes, diskBytes] = [most(12, 72, 'logBytes'), most(0, 72, 'diskBytes')];
    process.stdout.write(`the log: ${usualBytes}, then ${logBytes} bytes; all: ${diskBytes}\n`);
    expect(logBytes).toBeLessThan(1.2 * usualBytes);
    // meta.json of each block, and what says whose the logs are.
    const beside = 4096 * (waited.length + 2);
    expect(diskBytes).toBeLessThan(LIMIT_BYTES + logBytes + beside);
  });

  it('gives readers everything that was taken, all the time', () => {
    for (const { readable, accepted } of world.looks) expect(readable).toBe(accepted);
    expect(world.looks.at(-1)?.accepted).toBeGreaterThan(30 * 12 * SERIES);
  });

  it('says why, in metrics, in the log and to people', () => {
    expect(atTheEnd.full).toEqual([1]);
    expect(Math.max(...atTheEnd.ageSeconds)).toBeGreaterThan(60 * 3600);
    const { queue } = JSON.parse(atTheEnd.queue).data;
    expect(queue).toMatchObject({ full: true, limitBytes: LIMIT_BYTES, blocks: waited.length });
  });

  it('is caught up in the order of time, over all tenants', async () => {
    const begun = await Promise.all(
      waited.map(async ({ ulid, minTimeMs }) => {
        const { version } = await world.store.objects.attributes(`${ulid}/chunks/000001`);
        return { minTimeMs, order: Number(version) };
      }),
    );
    expect(begun.length).toBeGreaterThan(30);
    const arrived = begun.sort((a, b) => a.order - b.order).map(({ minTimeMs }) => minTimeMs);
    expect(arrived).toEqual([...arrived].sort((a, b) => a - b));
  });

  it('loses nothing and doubles nothing', async () => {
    const sent = world.senders.flatMap(({ tenant, accepted }) =>
      accepted.map((timeMs) => `${tenant} ${timeMs}`),
    );
    expect(world.senders.map(({ backlog }) => backlog.length)).toEqual([0, 0]);
    expect((await world.stored()).sort()).toEqual(sent.sort());
    process.stdout.write(`${sent.length * SERIES} samples, all in the bucket\n`);
  });
});
