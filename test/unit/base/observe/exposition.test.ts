import { describe, expect, it } from 'vitest';
import { chooseFormat, exposeNumber } from '../../../../src/base/observe/exposition.ts';

describe('chooseFormat', () => {
  it.each([
    [undefined, 'text'],
    ['', 'text'],
    ['*/*', 'text'],
    ['text/plain', 'text'],
    ['application/openmetrics-text', 'openmetrics'],
    ['application/openmetrics-text; version=1.0.0; charset=utf-8', 'openmetrics'],
    ['application/openmetrics-text;version=2.0.0,text/plain;q=0.3', 'text'],
    ['application/openmetrics-text;version=1.0.0;q=0.5,text/plain;q=0.9', 'text'],
    [
      'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;' +
        'q=0.6,application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,' +
        'text/plain;version=1.0.0;q=0.3,*/*;q=0.1',
      'openmetrics',
    ],
    ['application/openmetrics-text;q=nonsense', 'text'],
    ['text/html,application/xhtml+xml;q=0.9', 'text'],
  ])('%s', (accept, expected) => {
    expect(chooseFormat(accept)).toBe(expected);
  });
});

it('writes numbers as Go reads them', () => {
  const numbers = [1, 0.1, 1e21, -0, Number.NaN, Number.POSITIVE_INFINITY, -Infinity];
  expect(numbers.map(exposeNumber)).toEqual(['1', '0.1', '1e+21', '0', 'NaN', '+Inf', '-Inf']);
});
