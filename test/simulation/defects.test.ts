// The list of deliberate defects stays true to the code; `npm run defects` has them found.

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { DEFECTS } from './defects.ts';

test.each(DEFECTS)('$name: what it replaces stands once in $file', ({ file, find, replace }) => {
  expect(readFileSync(file, 'utf8').split(find)).toHaveLength(2);
  expect(replace).not.toBe(find);
});
