import { describe, expect, it } from 'vitest';
import { ERROR_CATALOGUE, type ErrorCode } from '../../../../src/base/errors/catalogue.ts';
import { VarveError } from '../../../../src/base/errors/varve-error.ts';
import { errorAnswer, isBug } from '../../../../src/base/http/error-answer.ts';

describe('errorAnswer', () => {
  it.each(Object.keys(ERROR_CATALOGUE) as ErrorCode[])(
    '%s is told as the catalogue says',
    (code) => {
      const error = new VarveError(code, 'what and why');
      const answer = errorAnswer(error);
      expect(answer.status).toBe(ERROR_CATALOGUE[code].httpStatus);
      expect(answer.headers['retry-after'] !== undefined).toBe(error.kind === 'not_now');
      expect(answer.body.includes('what and why')).toBe(error.kind !== 'bug');
      expect(isBug(error)).toBe(error.kind === 'bug');
    },
  );

  it('never tells what was thrown by a bug', () => {
    expect(errorAnswer(new TypeError('secret')).body).toBe('internal error; the log says more\n');
    expect(errorAnswer('odd').status).toBe(500);
    expect(isBug(new TypeError('secret'))).toBe(true);
  });

  it('does not take an error for the framework’s by a status alone', () => {
    const posing = Object.assign(new Error('x'), { statusCode: 404 });
    expect(errorAnswer(posing).status).toBe(500);
    const genuine = Object.assign(new Error('bad url'), {
      statusCode: 400,
      code: 'FST_ERR_BAD_URL',
    });
    expect(errorAnswer(genuine)).toMatchObject({ status: 400, body: 'bad url\n' });
    expect(isBug(genuine)).toBe(false);
  });
});
