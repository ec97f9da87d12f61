import { describe, expect, test } from 'vitest';
import { beginCut, endCut, rangeNow, type Window, Windows } from '../../../src/head/windows.ts';

const HOUR_MS = 3_600_000;

function counts({ mainSamples, middleSamples, lateSamples }: Window): number[] {
  return [mainSamples, middleSamples, lateSamples];
}

function open(times: readonly number[]) {
  const windows = new Windows(2 * HOUR_MS);
  const put = (...more: number[]): void => {
    for (const timeMs of more) windows.note(timeMs);
    windows.settle(1);
  };
  put(...times);
  return { windows, put, window: windows.of(0) };
}

describe('windows', () => {
  test('are aligned to the epoch, before it too, and known once they have a sample', () => {
    const { windows } = open([-1, 0, 2 * HOUR_MS - 1, 2 * HOUR_MS]);
    expect(windows.all.map(({ startMs }) => startMs / HOUR_MS)).toEqual([-2, 0, 2]);
    expect(windows.all.map(({ mainSamples }) => mainSamples)).toEqual([1, 2, 1]);
    expect(windows.of(5).lastArrivalMs).toBe(1);
  });

  test('samples that come during a cut are late when its block is stored', () => {
    const { put, window } = open([10, 20]);
    const cut = beginCut(window, false, 21);
    put(15, 30);
    expect(counts(window)).toEqual([1, 1, 0]);
    endCut(window, false, { stored: true, counts: cut, nowMs: 2 });
    expect(counts(window)).toEqual([1, 0, 1]);
    expect(window.frontierMs).toBe(21);
    expect(rangeNow(window, 'late')).toMatchObject({ minTimeMs: 0, maxTimeMs: 21 });
    expect(rangeNow(window, 'flush')).toMatchObject({ minTimeMs: 21, maxTimeMs: 31 });
    expect(rangeNow(window, 'scheduled')).toMatchObject({ minTimeMs: 21, maxTimeMs: 2 * HOUR_MS });
  });

  test('a cut that failed leaves everything as if it had not been begun', () => {
    const { put, window } = open([10, 20]);
    const cut = beginCut(window, false, 21);
    put(15, 30);
    endCut(window, false, { stored: false, counts: cut, nowMs: 2 });
    expect(counts(window)).toEqual([4, 0, 0]);
    expect(window.frontierMs).toBe(0);
    expect(window.mainMaxTimeMs).toBe(30);
  });

  test('a flush after a failed cut ends behind the last sample, not where that cut would have', () => {
    const { put, window } = open([10, 20]);
    const cut = beginCut(window, false, window.endMs);
    put(15, 25);
    endCut(window, false, { stored: false, counts: cut, nowMs: 2 });
    expect(rangeNow(window, 'flush')).toMatchObject({ minTimeMs: 0, maxTimeMs: 26 });
  });

  test('are forgotten when they are empty and too old, never with samples in them', () => {
    const { windows, window } = open([10, 3 * HOUR_MS]);
    windows.forgetBefore(100 * HOUR_MS);
    expect(windows.all.length).toBe(2);
    const cut = beginCut(window, false, window.endMs);
    windows.forgetBefore(100 * HOUR_MS);
    expect(windows.all.length).toBe(2);
    endCut(window, false, { stored: true, counts: cut, nowMs: 2 });
    windows.forgetBefore(100 * HOUR_MS);
    expect(windows.all.map(({ startMs }) => startMs)).toEqual([2 * HOUR_MS]);
  });
});
