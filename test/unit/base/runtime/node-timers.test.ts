import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { NodeTimers } from '../../../../src/base/runtime/node-timers.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

const DAY_MS = 86_400_000;

// The same behaviour from Node's timers (moved by the test runner) and the simulation's.
describe.each(['NodeTimers', 'ManualClock'])('%s', (name) => {
  const manual = new ManualClock();
  const timers = name === 'NodeTimers' ? new NodeTimers() : manual;
  const advance = async (ms: number): Promise<void> => {
    if (name === 'NodeTimers') await vi.advanceTimersByTimeAsync(ms);
    else await manual.advance(ms);
  };

  beforeEach(() => {
    if (name === 'NodeTimers') vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('runs once after the delay, or not when cancelled', async () => {
    const run = vi.fn();
    const cancelled = vi.fn();
    timers.after(10, run);
    const cancel = timers.after(10, cancelled);
    await advance(9);
    expect(run).not.toHaveBeenCalled();
    cancel();
    cancel();
    await advance(20);
    expect(run).toHaveBeenCalledOnce();
    expect(cancelled).not.toHaveBeenCalled();
  });

  it('waits longer than a 32-bit timer can', async () => {
    const run = vi.fn();
    timers.after(30 * DAY_MS, run);
    await advance(30 * DAY_MS - 1);
    expect(run).not.toHaveBeenCalled();
    await advance(1);
    expect(run).toHaveBeenCalledOnce();
  });

  it('repeats a period after the last call returned, until cancelled', async () => {
    let running = 0;
    const run = vi.fn(async () => {
      expect(++running).toBe(1);
      await timers.sleep(50);
      running--;
    });
    const cancel = timers.every(10, run);
    await advance(200);
    expect(run).toHaveBeenCalledTimes(4); // at 10, 70, 130 and 190 ms
    cancel();
    await advance(200);
    expect(run).toHaveBeenCalledTimes(4);
  });

  it('sleeps until the delay or the signal', async () => {
    const woken = vi.fn();
    void timers.sleep(10).then(woken);
    await advance(10);
    expect(woken).toHaveBeenCalledOnce();
    const controller = new AbortController();
    const sleeping = expect(timers.sleep(10, controller.signal)).rejects.toThrow('drain');
    controller.abort(new Error('drain'));
    await sleeping;
    await expect(timers.sleep(10, controller.signal)).rejects.toThrow('drain');
  });

  it('yields to what waits', async () => {
    vi.useRealTimers();
    await timers.yieldNow();
  });
});

it('does not keep the process alive', () => {
  const before = process.getActiveResourcesInfo().filter((one) => one === 'Timeout').length;
  const cancel = new NodeTimers().after(1000, () => undefined);
  const after = process.getActiveResourcesInfo().filter((one) => one === 'Timeout').length;
  cancel();
  expect(after).toBe(before); // only timers that keep the loop alive are listed
});
