import { expect, test } from 'vitest';
import { VarveError } from '../../../../src/base/errors/varve-error.ts';
import { type WorkerThread, WorkerThreads } from '../../../../src/compact/run/worker-threads.ts';

/** Threads that answer `metrics` with their number, until they are ended. */
class Started {
  readonly calls: string[] = [];
  readonly ends: ((error?: Error) => void)[] = [];
  readonly threads = new WorkerThreads(async () => this.#start());

  #start(): WorkerThread {
    const number = this.ends.length;
    let isEnded = false;
    const ended = new Promise<Error | undefined>((resolve) => {
      this.ends.push((error) => {
        isEnded = true;
        resolve(error);
      });
    });
    const call = async (method: string) => {
      if (isEnded) throw new VarveError('thread_ended', `thread ${number} has ended`);
      this.calls.push(`${method} ${number}`);
      return number;
    };
    const terminate = async (): Promise<void> => this.ends[number]?.();
    return { call, ended, terminate } as unknown as WorkerThread;
  }
}

const asked = ({ threads }: Started) => threads.each((thread) => thread.call('metrics', null));

test('a thread is started when none is idle, and is used again', async () => {
  const started = new Started();
  const one = await started.threads.take();
  started.threads.give(one);
  expect(await started.threads.take()).toBe(one);
  const other = await started.threads.take();
  expect(other).not.toBe(one);
  expect(await asked(started)).toEqual([0, 1]);
  started.threads.give(other);
  started.threads.give(one);
  expect([await started.threads.take(), await started.threads.take()]).toEqual([one, other]);
  expect(started.ends).toHaveLength(2);
});

test('one that has died is not used again, at work or idle', async () => {
  const started = new Started();
  const { ends, threads } = started;
  const atWork = await threads.take();
  ends[0]?.(new Error('out of memory'));
  expect(await asked(started)).toEqual([]);
  threads.give(atWork);
  const idle = await threads.take();
  expect(idle).not.toBe(atWork);
  threads.give(idle);
  ends[1]?.();
  await idle.ended;
  expect(await threads.take()).not.toBe(idle);
  expect(await asked(started)).toEqual([2]);
});

test('all are ended, those too that die by themselves', async () => {
  const started = new Started();
  const { calls, ends, threads } = started;
  const [one] = [await threads.take(), await threads.take()];
  threads.give(one);
  ends[1]?.();
  await threads.close();
  expect(calls).toEqual(['close 0']);
  expect(await asked(started)).toEqual([]);
});
