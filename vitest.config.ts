import { defineConfig } from 'vitest/config';

// Campaigns that run for minutes live in *.long.test.ts and run only with `npm run test:long`.
const long = process.env.VARVE_TEST_LONG === '1';

export default defineConfig({
  test: {
    include: long ? ['test/**/*.long.test.ts'] : ['test/**/*.test.ts'],
    exclude: long ? ['node_modules/**'] : ['node_modules/**', 'test/**/*.long.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    watch: false,
  },
});
