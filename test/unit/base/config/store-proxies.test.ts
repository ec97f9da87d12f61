import { expect, test } from 'vitest';
import { readStoreProxies } from '../../../../src/base/config/store-proxies.ts';
import { VarveError } from '../../../../src/base/errors/varve-error.ts';

const https = (value: string) => readStoreProxies({ HTTPS_PROXY: value }).https;

test.each([
  ['http://proxy:3128', { tls: false, host: 'proxy', port: 3128 }],
  ['HTTP://proxy', { tls: false, host: 'proxy', port: 80 }],
  ['https://proxy', { tls: true, host: 'proxy', port: 443 }],
  ['proxy:3128', { tls: false, host: 'proxy', port: 3128 }],
  ['10.0.0.1', { tls: false, host: '10.0.0.1', port: 80 }],
  ['http://[fd00::1]:8080/', { tls: false, host: 'fd00::1', port: 8080 }],
])('%s is taken as Go takes it', (value, proxy) => {
  expect(https(value)).toEqual({ ...proxy, authorization: '' });
});

test('a name and a password become a header', () => {
  const basic = `Basic ${Buffer.from('me:p@ss').toString('base64')}`;
  expect(https('http://me:p%40ss@proxy')).toMatchObject({ host: 'proxy', authorization: basic });
});

test('names in capitals go first, empty ones are none', () => {
  const both = { HTTP_PROXY: 'big', http_proxy: 'small', NO_PROXY: '', no_proxy: 'x' };
  expect(readStoreProxies(both)).toMatchObject({ http: { host: 'big' }, noProxy: 'x' });
  expect(readStoreProxies({ https_proxy: 'small' }).https).toMatchObject({ host: 'small' });
  expect(readStoreProxies({ HTTPS_PROXY: '' })).toEqual({
    http: undefined,
    https: undefined,
    noProxy: '',
  });
});

test.each([
  ['socks5://me:secret@proxy:1080', /HTTPS_PROXY.*SOCKS/],
  ['http://me:secret@', /HTTPS_PROXY.*not the URL of a proxy/],
  ['http://me:secret@proxy:99999', /HTTPS_PROXY.*not the URL of a proxy/],
  ['http://me:secret%zz@proxy', /HTTPS_PROXY.*percent-encoded/],
])('%s is refused by name, and what it holds is not shown', (value, message) => {
  let thrown: unknown;
  try {
    https(value);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(VarveError);
  expect(thrown).toMatchObject({ code: 'bad_config', message: expect.stringMatching(message) });
  expect(String((thrown as Error).stack)).not.toContain('secret');
  expect((thrown as Error).cause).toBeUndefined();
});
