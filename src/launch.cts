#!/usr/bin/env node
// What the `varve` command runs first. Node reads ES modules with its thread pool and fixes the pool's size at
// its first use, so by the time main.ts runs it is too late to choose it: this CommonJS file, which Node
// reads without the pool, does. WAL syncs are what the pool is for (docs/ARCHITECTURE.md, Threads).
const os: typeof import('node:os') = require('node:os');

const POOL_MIN = 4; // Node's own default
const POOL_MAX = 16;

// Who runs Varve has the last word.
process.env.UV_THREADPOOL_SIZE ??= String(
  Math.max(POOL_MIN, Math.min(POOL_MAX, 2 * os.availableParallelism())),
);
// The SDK's version is pinned to one that runs here; that later ones will not is no news for a log.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';

import('./main.js').catch((thrown: unknown) => {
  process.stderr.write(`varve: ${String(thrown)}\n`);
  process.exit(1);
});
