// Late samples and wrong clocks, case by case, through the whole gateway on a simulated machine.

import { describe, expect, it } from 'vitest';
import { type ExactSample, exactBody } from '../support/exact-body.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { MemoryDisk } from '../support/memory-disk.ts';
import { readBlocks, type StoredBlock } from '../support/stored-samples.ts';
import { type Answer, BUCKET, GatewayMachine, setupOf } from './gateway-machine.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const WINDOW = 2 * HOUR;
const DAY = 24 * HOUR;

/** A machine at the start of a window, and what one does with it. */
class World {
  readonly clock = new ManualClock(Date.UTC(2026, 0, 2));
  readonly startMs = this.clock.nowMs();
  disk = new MemoryDisk({ nowMs: () => this.clock.nowMs() });
  #lives = 0;
  machine = this.#build();

  static async started(): Promise<World> {
    const world = new World();
    await world.machine.gateway.start();
    return world;
  }

  #build(): GatewayMachine {
    return new GatewayMachine({
      setup: setupOf([]),
      disk: this.disk,
      clock: this.clock,
      seed: ++this.#lives,
      stretch: 1,
      store: undefined,
      onCut: () => undefined,
    });
  }

  /** Sends samples of a tenant's series at these times; their bits tell them apart. */
  send(timesMs: readonly number[], tenant = 'a'): Promise<Answer> {
    const samples: ExactSample[] = timesMs.map((timeMs) => ({ timeMs, bits: bitsAt(timeMs) }));
    const body = new Uint8Array(exactBody([{ labels: [['__name__', 'm']], samples }]));
    const headers = {
      'content-type': 'application/x-protobuf',
      'content-encoding': 'snappy',
      'THANOS-TENANT': tenant,
    };
    return this.machine.ask('POST', '/api/v1/receive', { headers, body });
  }

  async accept(...timesMs: number[]): Promise<void> {
    expect(await this.send(timesMs)).toMatchObject({ status: 204 });
  }

  async flush(): Promise<void> {
    expect(await this.machine.ask('POST', '/-/flush')).toMatchObject({ status: 200 });
  }

  /** Power goes and comes again. */
  async losePower(): Promise<void> {
    this.machine.goDown('power', undefined);
    this.disk = this.machine.remains;
    this.machine = this.#build();
    await this.machine.gateway.start();
  }

  /** The bucket's blocks by their ranges, as `[from, to): times of the samples`, from `startMs`. */
  stored(): string[] {
    return this.blocks().map(({ minTimeMs, maxTimeMs, samples }) => {
      const times = samples.map(([, bits, timeMs]) => {
        expect(bits).toBe(bitsAt(timeMs));
        return timeMs - this.startMs;
      });
      return `[${minTimeMs - this.startMs}, ${maxTimeMs - this.startMs}): ${times.join(' ')}`;
    });
  }

  blocks(): StoredBlock[] {
    return readBlocks(this.disk, BUCKET).sort(
      (a, b) => a.minTimeMs - b.minTimeMs || a.maxTimeMs - b.maxTimeMs,
    );
  }
}

function bitsAt(timeMs: number): string {
  return timeMs.toString(16).padStart(16, '0');
}

function every(stepMs: number, fromMs: number, toMs: number): number[] {
  return Array.from({ length: Math.ceil((toMs - fromMs) / stepMs) }, (_, i) => fromMs + i * stepMs);
}

describe('windows', () => {
  it('a flush in mid-window and the scheduled cut behind it share the window without overlap', async () => {
    const world = await World.started();
    const { startMs } = world;
    await world.clock.advance(30 * MINUTE);
    await world.accept(startMs + 1, startMs + 20 * MINUTE);
    await world.flush();
    await world.accept(startMs + 21 * MINUTE, startMs + 29 * MINUTE);
    await world.clock.advance(WINDOW + HOUR);
    const cutMs = 20 * MINUTE + 1;
    expect(world.stored()).toEqual([
      `[0, ${cutMs}): 1 ${20 * MINUTE}`,
      `[${cutMs}, ${WINDOW}): ${21 * MINUTE} ${29 * MINUTE}`,
    ]);
  });

  it('a sample at the edge belongs to the window that begins there, one before it to the other', async () => {
    const world = await World.started();
    const edgeMs = world.startMs + WINDOW;
    await world.clock.advance(WINDOW);
    await world.accept(edgeMs - 1, edgeMs);
    await world.clock.advance(WINDOW + HOUR + 15 * MINUTE);
    expect(world.stored()).toEqual([
      `[0, ${WINDOW}): ${WINDOW - 1}`,
      `[${WINDOW}, ${2 * WINDOW}): ${WINDOW}`,
    ]);
  });

  it('a sample behind a flush, in what was flushed, goes to a late block of that window', async () => {
    const world = await World.started();
    const { startMs } = world;
    await world.clock.advance(30 * MINUTE);
    await world.accept(startMs + 1, startMs + 20 * MINUTE);
    await world.flush();
    await world.accept(startMs + 10 * MINUTE);
    await world.clock.advance(HOUR + MINUTE);
    const late = `[0, ${20 * MINUTE + 1}): ${10 * MINUTE}`;
    expect(world.stored()).toContain(late);
  });
});

describe('late and early', () => {
  it('24 h behind the newest sample is stored, a millisecond more is refused by name', async () => {
    const world = await World.started();
    const { startMs } = world;
    await world.accept(startMs);
    await world.accept(startMs - DAY);
    const refused = await world.send([startMs - DAY - 1]);
    expect(refused.status).toBe(400);
    expect(refused.text).toContain('too_old');
    await world.flush();
    expect(world.stored()).toEqual([`[${-DAY}, ${-DAY + WINDOW}): ${-DAY}`, '[0, 1): 0']);
  });

  it('10 minutes ahead is stored, a millisecond more is refused by name, and shuts nobody out', async () => {
    const world = await World.started();
    const { startMs } = world;
    await world.accept(startMs + 10 * MINUTE);
    const refused = await world.send([startMs + 10 * MINUTE + 1, startMs + 1]);
    expect(refused.status).toBe(400);
    expect(refused.text).toContain('too_far_ahead');
    await world.accept(startMs); // the wild one did not make everything else too old
    await world.flush();
    expect(world.stored()).toEqual([`[0, ${10 * MINUTE + 1}): 0 1 ${10 * MINUTE}`]);
  });

  it('a backlog of 20 h is stored whole, in one block a window and no shreds', async () => {
    const world = await World.started();
    const { startMs } = world;
    const backlog = every(MINUTE, startMs - 20 * HOUR, startMs);
    for (let at = 0; at < backlog.length; at += 30) {
      await world.accept(...backlog.slice(at, at + 30));
      await world.clock.advance(20 * SECOND); // as a shard sends it; the cut loop turns meanwhile
    }
    await world.clock.advance(DAY);
    const blocks = world.blocks();
    expect(blocks.flatMap(({ samples }) => samples.map(([, , timeMs]) => timeMs))).toEqual(backlog);
    expect(blocks.map(({ minTimeMs }) => minTimeMs)).toEqual(
      every(WINDOW, startMs - 20 * HOUR, startMs),
    );
  });

  it('a backlog behind a replica that kept sending is late, and comes in few blocks', async () => {
    const world = await World.started();
    const { startMs } = world;
    await world.accept(startMs - 21 * HOUR);
    await world.accept(startMs);
    await world.clock.advance(5 * MINUTE); // all but the newest window of the stream is cut
    const backlog = every(MINUTE, startMs - 20 * HOUR, startMs);
    for (let at = 0; at < backlog.length; at += 30) {
      await world.accept(...backlog.slice(at, at + 30));
      await world.clock.advance(20 * SECOND);
    }
    await world.clock.advance(DAY);
    const blocks = world.blocks();
    const stored = blocks.flatMap(({ samples }) => samples.map(([, , timeMs]) => timeMs));
    const sent = [startMs - 21 * HOUR, ...backlog, startMs];
    expect(stored.sort((a, b) => a - b)).toEqual(sent);
    // Of eleven windows each: what was cut before the backlog came, and the backlog, in two parts
    // at most (a late block an hour).
    expect(blocks.length).toBeLessThanOrEqual(2 * 12);
  });

  it('an idle tenant’s samples leave the machine without anybody sending', async () => {
    const world = await World.started();
    await world.accept(world.startMs);
    await world.clock.advance(WINDOW + HOUR + MINUTE);
    expect(world.stored()).toEqual([`[0, ${WINDOW}): 0`]);
  });
});

describe('a failed sync', () => {
  it('is answered 503, and the retry that is answered 204 survives a loss of power', async () => {
    const world = await World.started();
    const { startMs } = world;
    await world.accept(startMs);
    world.machine.order({ operation: 'sync', path: /wal\/\d+$/, code: 'disk_failed' });
    const failed = await world.send([startMs + 1]);
    expect(failed.status).toBe(503);
    expect(failed.headers['retry-after']).toMatch(/^[1-9]\d*$/);
    await world.accept(startMs + 1);
    await world.losePower();
    await world.flush();
    expect(world.stored()).toEqual(['[0, 2): 0 1']);
  });
});

describe('a clock that is set', () => {
  it('three hours ahead: nothing is refused, nothing lost, the window is cut in few blocks', async () => {
    const world = await World.started();
    const { clock, startMs } = world;
    const sent: number[] = [];
    for (let minute = 0; minute < 110; minute++) {
      if (minute === 30) clock.setNowMs(clock.nowMs() + 3 * HOUR);
      if (minute === 60) clock.setNowMs(clock.nowMs() - 3 * HOUR);
      sent.push(startMs + minute * MINUTE);
      await world.accept(startMs + minute * MINUTE);
      await clock.advance(MINUTE);
    }
    await clock.advance(6 * HOUR);
    const blocks = world.blocks();
    const stored = blocks.flatMap(({ samples }) => samples.map(([, , timeMs]) => timeMs));
    expect(stored.sort((a, b) => a - b)).toEqual(sent);
    expect(blocks.length).toBeLessThanOrEqual(4);
  });

  it('three hours behind: what looks too far ahead is refused by name, all else is kept', async () => {
    const world = await World.started();
    const { clock, startMs } = world;
    await world.accept(startMs);
    clock.setNowMs(startMs - 3 * HOUR);
    const refused = await world.send([startMs + MINUTE]);
    expect(refused.status).toBe(400);
    expect(refused.text).toContain('too_far_ahead');
    await world.accept(startMs - 3 * HOUR); // what the clock takes for now
    clock.setNowMs(startMs + MINUTE);
    await world.accept(startMs + MINUTE);
    await clock.advance(WINDOW + 2 * HOUR);
    expect(world.stored()).toEqual([
      `[${-4 * HOUR}, ${-2 * HOUR}): ${-3 * HOUR}`,
      `[0, ${WINDOW}): 0 ${MINUTE}`,
    ]);
  });
});
