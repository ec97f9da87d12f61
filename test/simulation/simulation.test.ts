// The whole gateway on simulated machines: some dozens of seeds. The same seed gives the same
// history; a failing one is looked at with `npm run simulate -- --seed=N`.

import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

const SEEDS = 30;

function simulate(...args: string[]) {
  const entry = 'dist/test/simulation/simulate.js';
  return spawnSync(process.execPath, [entry, ...args], { encoding: 'utf8' });
}

test(`what was acknowledged is readable and stored, in ${SEEDS} histories`, () => {
  const { status, stdout, stderr } = simulate('--record=', `--seeds=${SEEDS}`);
  expect(stderr).toBe('');
  const last = stdout.trimEnd().split('\n').at(-1) ?? '';
  process.stdout.write(`${last}\n`);
  expect(status, stdout).toBe(0);
  expect(last).toMatch(new RegExp(`^${SEEDS} seeds \\(0 failed\\)`));
}, 600_000);

test('a seed gives the same history again, step by step and message by message', () => {
  const [first, second] = [simulate('--seed=5'), simulate('--seed=5')];
  expect(first.stdout.length).toBeGreaterThan(10_000);
  expect(first.stdout).toBe(second.stdout);
}, 120_000);
