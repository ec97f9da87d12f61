import { expect, it } from 'vitest';
import { makeEcho } from '../../support/fixtures/echo-thread.ts';
import { memoryRuntime } from '../../support/memory-runtime.ts';

it('is a machine of its own, whose disk outlives a crash', async () => {
  const machine = memoryRuntime({ seed: 7, services: { 'engine-thread': makeEcho } });
  const lock = machine.locks.acquire('/data');
  expect(() => machine.locks.acquire('/data')).toThrow('another process');
  lock.release();
  machine.disk.makeDir('/data');
  machine.disk.replaceFile('/data/a', Buffer.from('kept'));
  expect(machine.disk.stat('/data/a')?.modifiedMs).toBe(machine.clock.nowMs());
  const next = memoryRuntime({ disk: machine.disk.crash(machine.random), clock: machine.clock });
  expect(Buffer.from(next.disk.readFile('/data/a')).toString()).toBe('kept');
  expect(next.clock.nowMs()).toBe(machine.clock.nowMs());
  await expect(next.threads.start('engine-thread', {})).rejects.toThrow('no service');
});
