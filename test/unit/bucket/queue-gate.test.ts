import { describe, expect, it } from 'vitest';
import { VarveError } from '../../../src/base/errors/varve-error.ts';
import { MetricStore } from '../../../src/base/observe/metric-store.ts';
import { type Backlog, QueueGate, type QueueOnDisk } from '../../../src/bucket/queue-gate.ts';
import { QueueWatch } from '../../../src/bucket/queue-watch.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { MemoryLogger } from '../../support/memory-logger.ts';

function queue(sizeBytes: number, rest: Partial<QueueOnDisk> = {}, headChunks = 0): Backlog {
  const freeBytes = Number.POSITIVE_INFINITY;
  const one = { blocks: 1, sizeBytes, bytesPerChunk: 10, oldest: undefined, freeBytes };
  return { queue: { ...one, ...rest }, headChunks };
}

function world(maxBytes: number | undefined) {
  const logger = new MemoryLogger();
  const metrics = new MetricStore();
  const limit = { maxBytes };
  const gate = new QueueGate({ maxBytes: () => limit.maxBytes, metrics, logger });
  const shutAfter = (...queues: readonly Backlog[]): boolean[] =>
    queues.map((one) => {
      gate.update(one);
      return gate.isShut;
    });
  return { gate, limit, logger, metrics, shutAfter };
}

describe('QueueGate', () => {
  it('shuts above the limit, and opens when a tenth of it is free', () => {
    const { shutAfter, logger } = world(1000);
    const shut = shutAfter(
      queue(900),
      queue(1000),
      queue(1001),
      queue(950),
      queue(901),
      queue(900),
      queue(1000),
    );
    expect(shut).toEqual([false, false, true, true, true, false, false]);
    expect(logger.records.map(({ level }) => level)).toEqual(['error', 'info']);
  });

  it('begins as if it had been shut: a restart does not let a backlog in', () => {
    expect(world(1000).shutAfter(queue(901))).toEqual([true]);
    expect(world(1000).shutAfter(queue(900))).toEqual([false]);
  });

  it('counts what the heads hold as the blocks that come of it', () => {
    const { shutAfter } = world(1000);
    const shut = shutAfter(
      queue(1),
      queue(800, {}, 20),
      queue(800, {}, 21),
      queue(980, {}, 2), // cut: the same bytes in another place
      queue(880, {}, 2),
    );
    expect(shut).toEqual([false, false, true, true, false]);
  });

  it('leaves half of a small limit to blocks', () => {
    const { shutAfter } = world(1000);
    const shut = shutAfter(queue(1), queue(500, {}, 1e6), queue(501, {}, 1e6));
    expect(shut).toEqual([false, false, true]);
  });

  it('is open when nothing waits, whatever the heads hold', () => {
    const { shutAfter } = world(10);
    expect(shutAfter(queue(0, {}, 5000))).toEqual([false]);
  });

  it('goes by nine tenths of what the disk has when no limit is given', () => {
    const { gate, shutAfter } = world(undefined);
    const shut = shutAfter(
      queue(0, { freeBytes: 1000 }),
      queue(900, { freeBytes: 100 }),
      queue(901, { freeBytes: 99 }),
      queue(810, { freeBytes: 190 }),
    );
    expect(shut).toEqual([false, false, true, false]);
    expect(gate.limitBytes).toBe(900);
  });

  it('takes a new limit at once, and none with 0', () => {
    const { shutAfter, limit } = world(100);
    expect(shutAfter(queue(500))).toEqual([true]);
    limit.maxBytes = 1000;
    expect(shutAfter(queue(500))).toEqual([false]);
    limit.maxBytes = 0;
    expect(shutAfter(queue(1e15, { freeBytes: 0 }))).toEqual([false]);
  });

  it('says 503 and when to come back, and shows it', () => {
    const { gate, metrics, shutAfter } = world(100);
    const shown = () =>
      metrics
        .snapshot()
        .filter(({ name }) => name.startsWith('varve_shipper_queue_'))
        .map(({ samples }) => samples[0]?.value);
    expect(shown()).toEqual([0, Number.POSITIVE_INFINITY]);
    expect(() => gate.check()).not.toThrow();
    shutAfter(queue(101));
    expect(shown()).toEqual([1, 100]);
    const wanted = { code: 'queue_full', httpStatus: 503, retryAfterSeconds: 30 };
    expect(() => gate.check()).toThrow(expect.objectContaining(wanted));
  });
});

describe('QueueWatch', () => {
  it('looks at the start, every 15 s and when it is told to, until it is stopped', async () => {
    const { gate, logger } = world(100);
    const timers = new ManualClock();
    let asked = 0;
    const ask = async (): Promise<Backlog> => {
      asked++;
      return queue(asked === 2 ? 200 : 0);
    };
    const watch = new QueueWatch({ ask, gate, timers, logger });
    await watch.start();
    expect(asked).toBe(1);
    await timers.advance(15_000);
    expect([asked, gate.isShut]).toEqual([2, true]);
    await watch.look();
    expect([asked, gate.isShut]).toEqual([3, false]);
    watch.stop();
    await timers.advance(60_000);
    expect(asked).toBe(3);
  });

  it('leaves the gate as it is when it cannot be told, and says so', async () => {
    const { gate, logger, shutAfter } = world(100);
    shutAfter(queue(101));
    const ask = async (): Promise<Backlog> => {
      throw new VarveError('disk_failed', 'EIO');
    };
    await new QueueWatch({ ask, gate, timers: new ManualClock(), logger }).look();
    expect(gate.isShut).toBe(true);
    expect(logger.records.at(-1)).toMatchObject({ level: 'warn', fields: { error: 'EIO' } });
  });
});
