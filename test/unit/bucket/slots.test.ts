import { describe, expect, it } from 'vitest';
import { Slots } from '../../../src/bucket/slots.ts';
import { ManualClock } from '../../support/manual-clock.ts';

describe('Slots', () => {
  it('lets so many in at once, the others in their order', async () => {
    const clock = new ManualClock();
    const slots = new Slots(2);
    const seen: string[] = [];
    let inside = 0;
    const all = ['a', 'b', 'c', 'd', 'e'].map((name) =>
      slots.within(async () => {
        inside++;
        seen.push(`${name} of ${inside}`);
        await clock.sleep(100);
        inside--;
      }),
    );
    await clock.advance(300);
    await Promise.all(all);
    expect(seen).toEqual(['a of 1', 'b of 2', 'c of 2', 'd of 2', 'e of 2']);
  });

  it('lets who gives up leave the queue, and frees the place of who fails', async () => {
    const clock = new ManualClock();
    const slots = new Slots(1);
    const failing = expect(
      slots.within(async () => {
        await clock.sleep(100);
        throw new Error('failed');
      }),
    ).rejects.toThrow('failed');
    const controller = new AbortController();
    const left = expect(slots.within(async () => 1, controller.signal)).rejects.toBe('enough');
    const third = slots.within(async () => 3);
    controller.abort('enough');
    await left;
    await clock.advance(100);
    await failing;
    expect(await third).toBe(3);
    expect(await slots.within(async () => 4)).toBe(4);
  });

  it('refuses who asks without end', async () => {
    const slots = new Slots(0);
    for (let i = 0; i < 10_000; i++) void slots.within(async () => i);
    await expect(slots.within(async () => 1)).rejects.toMatchObject({ code: 'overloaded' });
  });
});
