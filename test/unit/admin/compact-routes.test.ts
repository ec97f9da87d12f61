import { expect, test } from 'vitest';
import { registerCompactRoutes } from '../../../src/admin/compact-routes.ts';
import { CompactionWorld, FOUR, LATER } from '../../support/compact/compaction-world.ts';
import { adminApp } from './admin-app.ts';

test('the plan before it is carried out, the jobs after it', async () => {
  const world = new CompactionWorld();
  await world.put([...FOUR, ...LATER]);
  const compaction = await world.start();
  const app = adminApp();
  registerCompactRoutes(app, {
    plan: () => compaction.plan(),
    jobs: (limit) => compaction.jobs(limit),
  });
  const plan = (await app.inject('/api/v1/compact/plan')).json();
  expect(plan).toMatchObject({ status: 'success', data: { version: 1, totals: { jobs: 1 } } });
  expect(plan.data.jobs[0]).toMatchObject({ kind: 'compact', sources: FOUR });
  await compaction.run();
  const jobs = (await app.inject('/api/v1/compact/jobs?limit=5')).json();
  expect(jobs.data.running).toEqual([]);
  expect(jobs.data.ended).toMatchObject([
    { kind: 'compact', sources: FOUR, end: 'made', ended: expect.stringMatching(/^2026-11-25T/) },
  ]);
  await compaction.close();
});
