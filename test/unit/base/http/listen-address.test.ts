import { describe, expect, it } from 'vitest';
import {
  formatListenAddress,
  parseListenAddress,
} from '../../../../src/base/http/listen-address.ts';

describe('parseListenAddress', () => {
  it.each([
    ['0.0.0.0:19291', '0.0.0.0', 19291],
    [':10902', undefined, 10902],
    ['[::]:80', '::', 80],
    ['[fe80::1%eth0]:80', 'fe80::1%eth0', 80],
    ['localhost:0', 'localhost', 0],
    ['my-host.example:65535', 'my-host.example', 65535],
  ])('reads %s', (text, host, port) => {
    const address = parseListenAddress(text);
    expect(address).toEqual({ host, port });
    expect(formatListenAddress(address)).toBe(text);
  });

  it.each(['', '10902', 'localhost', 'localhost:', ':65536', '::1:80', '[::1]', 'a b:1', 'x:1e3'])(
    'refuses "%s"',
    (text) => {
      expect(() => parseListenAddress(text)).toThrow(
        expect.objectContaining({ code: 'bad_config' }),
      );
    },
  );
});
