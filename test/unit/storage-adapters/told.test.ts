import { expect, test } from 'vitest';
import { VarveError } from '../../../src/base/errors/varve-error.ts';
import type { StoreRequest } from '../../../src/bucket/bucket.ts';
import { bothObservers, told, toldStream, untilAborted } from '../../../storage-adapters/told.ts';

const NAME = { class: 'read', operation: 'get' } as const;

async function* pieces(error?: VarveError): AsyncIterable<Uint8Array> {
  yield new Uint8Array(3);
  if (error !== undefined) throw error;
  yield new Uint8Array(4);
}

test('a request is told once, with its bytes, and whether the store did as asked', async () => {
  const seen: StoreRequest[] = [];
  const observe = bothObservers(
    (request) => seen.push(request),
    () => undefined,
  );
  await told(observe, NAME, async (moved) => {
    moved.sentBytes += 5;
  });
  for (const code of ['not_found', 'store_denied'] as const) {
    const failing = told(observe, NAME, async () => {
      throw new VarveError(code, 'no');
    });
    await expect(failing).rejects.toThrow('no');
  }
  expect(seen.map(({ sentBytes, ok }) => [sentBytes, ok])).toEqual([
    [5, true],
    [0, true],
    [0, false],
  ]);
});

test('a stream is told when it ended, failed or was left', async () => {
  const seen: StoreRequest[] = [];
  const stream = (error?: VarveError) =>
    toldStream((request) => seen.push(request), NAME, pieces(error));
  for await (const piece of stream()) expect(piece.length).toBeGreaterThan(0);
  for await (const piece of stream()) {
    expect(piece.length).toBe(3);
    break;
  }
  const failing = async () => {
    for await (const piece of stream(new VarveError('store_unavailable', 'cut'))) {
      expect(piece.length).toBe(3);
    }
  };
  await expect(failing()).rejects.toThrow('cut');
  expect(seen.map(({ receivedBytes, ok }) => [receivedBytes, ok])).toEqual([
    [7, true],
    [3, true],
    [3, false],
  ]);
});

test('what was given up ends with the reason', async () => {
  const controller = new AbortController();
  const reading = async () => {
    for await (const piece of untilAborted(pieces(), { signal: controller.signal })) {
      expect(piece.length).toBe(3);
      controller.abort(new VarveError('store_unavailable', 'given up'));
    }
  };
  await expect(reading()).rejects.toThrow('given up');
});
