import { expect, test } from 'vitest';
import { orAborted } from '../../../storage-adapters/or-aborted.ts';

const never = new Promise<string>(() => undefined);

test('gives what the promise gives, with a signal and without', async () => {
  const { signal } = new AbortController();
  expect(await orAborted(Promise.resolve('x'), undefined)).toBe('x');
  expect(await orAborted(Promise.resolve('x'), signal)).toBe('x');
  await expect(orAborted(Promise.reject(new Error('no')), signal)).rejects.toThrow('no');
});

test('gives up with the reason, before and while it waits', async () => {
  const reason = new Error('given up');
  const stop = new AbortController();
  const waiting = orAborted(never, stop.signal).catch((thrown: unknown) => thrown);
  stop.abort(reason);
  expect(await waiting).toBe(reason);
  const late = orAborted(never, stop.signal).catch((thrown: unknown) => thrown);
  expect(await late).toBe(reason);
});
