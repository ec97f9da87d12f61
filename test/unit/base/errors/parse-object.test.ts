import { expect, it } from 'vitest';
import { parseObject } from '../../../../src/base/errors/parse-object.ts';

it('is an object, or damage that names its place', () => {
  expect(parseObject(Buffer.from('{"a": 1}'), 'x.json')).toEqual({ a: 1 });
  for (const text of ['', '[]', 'null', '1', '{"a": 1'])
    expect(() => parseObject(Buffer.from(text), 'x.json')).toThrow(/^x.json: it is not/);
  expect(() => parseObject(Uint8Array.of(0x22, 0xff, 0x22), 'x')).toThrow(/x: it is not JSON/);
});
