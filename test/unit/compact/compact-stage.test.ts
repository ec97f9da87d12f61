import { expect, test } from 'vitest';
import { makeCompactStage } from '../../../src/compact/compact-stage.ts';
import { CompactionWorld, FOUR, LATER } from '../../support/compact/compaction-world.ts';

test('works from its start on, round after round, until it is drained', async () => {
  const world = new CompactionWorld();
  await world.put([...FOUR, ...LATER]);
  const started: string[] = [];
  const stage = makeCompactStage({
    ...world.stageOptions(),
    onStarted: () => started.push('started'),
  });
  expect(stage.ready()).toBe(false);
  await stage.start();
  expect([stage.ready(), started]).toEqual([true, ['started']]);
  await world.clock.advance(3_600_000);
  expect(await world.standing()).toHaveLength(3);
  await stage.drain();
  expect(stage.ready()).toBe(false);
  await stage.stop();
});
