import { expect, test } from 'vitest';
import { CompactionWorld, LATER } from '../../../support/compact/compaction-world.ts';

test('what downsampling takes and writes is no more than what was estimated', async () => {
  const world = new CompactionWorld();
  await world.put(LATER.slice(0, 1));
  const retention = { rawMs: 86_400_000, fiveMinutesMs: 0, oneHourMs: 0 };
  const compaction = await world.start({ plan: { retention } });
  expect(await compaction.run()).toBe(0);
  const { ended } = await compaction.jobs(1);
  await compaction.close();
  const [{ job, ...figures } = expect.unreachable()] = ended;
  expect(job.kind).toBe('downsample');
  expect(figures.readBytes).toBeLessThanOrEqual(job.cost.readBytes);
  expect(figures.writtenBytes).toBeLessThanOrEqual(job.cost.writtenBytes);
  expect(figures.diskBytesMax).toBeLessThanOrEqual(job.cost.diskBytes);
  expect(figures.writtenBytes).toBeGreaterThan(0);
});
