import { describe, expect, it } from 'vitest';
import { type Stage, StageList } from '../../src/stage.ts';
import { MemoryLogger } from '../support/memory-logger.ts';

function stages(failing: Partial<Record<string, 'start' | 'drain' | 'stop'>> = {}) {
  const did: string[] = [];
  const make = (name: string): Stage => {
    let ready = false;
    const step = async (what: 'start' | 'drain' | 'stop'): Promise<void> => {
      did.push(`${what} ${name}`);
      if (failing[name] === what) throw new Error(`${name} cannot ${what}`);
      ready = what === 'start';
    };
    return {
      name,
      start: () => step('start'),
      drain: () => step('drain'),
      stop: () => step('stop'),
      ready: () => ready,
    };
  };
  const logger = new MemoryLogger();
  return { did, logger, list: new StageList([make('a'), make('b'), make('c')], logger) };
}

describe('StageList', () => {
  it('starts and drains in order, and stops the other way round', async () => {
    const { did, list } = stages();
    expect(list.waitingFor()).toEqual(['a', 'b', 'c']);
    await list.start();
    expect(list.ready()).toBe(true);
    expect([await list.drain(), await list.stop()]).toEqual([true, true]);
    const order = ['start a', 'start b', 'start c', 'drain a', 'drain b', 'drain c'];
    expect(did).toEqual([...order, 'stop c', 'stop b', 'stop a']);
  });

  it('stops what was started, the failed one too, when one cannot start', async () => {
    const { did, list } = stages({ b: 'start' });
    await expect(list.start()).rejects.toThrow('b cannot start');
    expect(did).toEqual(['start a', 'start b', 'stop b', 'stop a']);
    expect(list.ready()).toBe(false);
  });

  it('drains and stops the others when one fails, names it, and says that it was not clean', async () => {
    const { did, list, logger } = stages({ b: 'drain', c: 'stop' });
    await list.start();
    expect([await list.drain(), await list.stop()]).toEqual([false, false]);
    expect(did.slice(3)).toEqual(['drain a', 'drain b', 'drain c', 'stop c', 'stop b', 'stop a']);
    expect(
      logger.records.filter(({ level }) => level === 'error').map(({ fields }) => fields.stage),
    ).toEqual(['b', 'c']);
  });

  it('starts nothing more when the end comes during the start, and leaves the stopping to it', async () => {
    const { did, list } = stages();
    const starting = list.start(); // `a` is being started
    expect([await list.drain(), await list.stop()]).toEqual([true, true]);
    await expect(starting).rejects.toMatchObject({ code: 'draining' });
    expect(did).toEqual(['start a', 'drain a', 'stop a']);
  });
});
