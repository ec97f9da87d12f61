import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

const MODULE = new URL('../../../../dist/src/base/runtime/keep-alive.js', import.meta.url).href;

/** Exit code of a process that waits, with an unref'd timer, and does what `end` says then. */
function waiting(before: string): number | null {
  const script = `
    const { keepAlive } = await import(${JSON.stringify(MODULE)});
    ${before}
    await new Promise((resolve) => setTimeout(resolve, 50).unref());
    process.exitCode = 7;
    stay?.();
  `;
  const args = ['--input-type=module', '-e', script];
  return spawnSync(process.execPath, args, { timeout: 20_000 }).status;
}

test('a process that waits for nothing but a timer stays until it is let go', () => {
  // 13: Node's word for a promise that nothing will settle any more.
  expect(waiting('const stay = undefined;')).toBe(13);
  expect(waiting('const stay = keepAlive();')).toBe(7);
});
