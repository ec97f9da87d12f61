import { expect, it } from 'vitest';
import { AssertionError, assert } from '../../../../src/base/errors/assert.ts';
import { asVarveError, VarveError } from '../../../../src/base/errors/varve-error.ts';

it('throws nothing when the condition holds', () => {
  expect(() => assert(true, 'it holds')).not.toThrow();
});

it('throws an error that is not the world’s and becomes `internal` for callers', () => {
  const failing = (): void => assert(false, 'there is a slot');
  expect(failing).toThrow(AssertionError);
  expect(failing).toThrow('must hold: there is a slot');
  expect(new AssertionError('x')).not.toBeInstanceOf(VarveError);
  expect(asVarveError(new AssertionError('x')).code).toBe('internal');
});
