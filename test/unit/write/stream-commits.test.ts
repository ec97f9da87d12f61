import { expect, test } from 'vitest';
import { VarveError } from '../../../src/base/errors/varve-error.ts';
import { PendingBatch } from '../../../src/head/pending.ts';
import type { Stream } from '../../../src/write/stream.ts';
import { StreamCommits } from '../../../src/write/stream-commits.ts';
import { FakeLog } from '../../support/fake-log.ts';

/** A stream of which only commits matter, and an encoder that writes the number of its call. */
function world(failsAt: number) {
  const log = new FakeLog();
  const did: string[] = [];
  const head = {
    takeBatch: () => new PendingBatch(),
    publish: () => void did.push('publish'),
    takeBackAll: () => void did.push('take back'),
  };
  const stream = { number: 0, tenant: 't', lifted: [], head, log } as unknown as Stream;
  let calls = 0;
  const encoder = {
    append: (): void => {
      calls++;
      log.append(Uint8Array.of(calls, 1));
      if (calls === failsAt) throw new VarveError('overloaded', 'too much waits');
      log.append(Uint8Array.of(calls, 2));
    },
  };
  return { log, did, commits: new StreamCommits(stream, encoder) };
}

test('nothing of a batch that was appended in part becomes durable with the next one', async () => {
  const { log, did, commits } = world(1);
  await expect(commits.join(true)).rejects.toMatchObject({ code: 'overloaded' });
  expect(did).toEqual(['take back']);
  await commits.join(true);
  expect(did).toEqual(['take back', 'publish']);
  expect(log.durable.map((record) => [...record])).toEqual([
    [2, 1],
    [2, 2],
  ]);
});

test('who joins without anything of his own waits for what runs, and not at all when nothing does', async () => {
  const { did, commits } = world(0);
  await commits.join(false);
  expect(did).toEqual([]);
  void commits.join(true);
  await commits.join(false);
  expect(did).toEqual(['publish']);
});
