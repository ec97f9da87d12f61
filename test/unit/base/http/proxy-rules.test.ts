// What Go's http.ProxyFromEnvironment does with the same variables, rule by rule.

import { expect, test } from 'vitest';
import { readStoreProxies } from '../../../../src/base/config/store-proxies.ts';
import { proxyChooser } from '../../../../src/base/http/proxy-rules.ts';

const PROXIES = { HTTPS_PROXY: 'http://proxy:3128', HTTP_PROXY: 'plain:81' };

function isProxied(noProxy: string, host: string, port = 443): boolean {
  const choose = proxyChooser(readStoreProxies({ ...PROXIES, NO_PROXY: noProxy }));
  return choose({ tls: true, host, port }) !== undefined;
}

test('each scheme has its own proxy, and none without a variable', () => {
  const choose = proxyChooser(readStoreProxies(PROXIES));
  expect(choose({ tls: true, host: 'store', port: 443 })).toMatchObject({ host: 'proxy' });
  expect(choose({ tls: false, host: 'store', port: 80 })).toMatchObject({ host: 'plain' });
  const none = proxyChooser(readStoreProxies({}));
  expect(none({ tls: true, host: 'store', port: 443 })).toBeUndefined();
});

test('this machine is always asked directly', () => {
  for (const host of ['localhost', '127.0.0.1', '127.9.9.9', '::1'])
    expect(isProxied('', host), host).toBe(false);
  for (const host of ['localhost.example', '128.0.0.1', '::2', '10.0.0.1', '0.0.0.0'])
    expect(isProxied('', host), host).toBe(true);
});

test('a connection to a proxy itself is not led through one', () => {
  const choose = proxyChooser(readStoreProxies({ HTTPS_PROXY: 'https://proxy:3128' }));
  expect(choose({ tls: true, host: 'proxy', port: 3128 })).toBeUndefined();
  expect(choose({ tls: true, host: 'proxy', port: 443 })).toBeDefined();
});

test.each<[string, readonly string[], readonly string[]]>([
  ['example.com', ['example.com', 'a.example.com', 'b.a.Example.com'], ['aexample.com', 'com']],
  ['.example.com', ['a.example.com'], ['example.com']],
  ['*.example.com', ['a.example.com'], ['example.com']],
  [' Example.COM , other ', ['example.com', 'other', 'x.other'], ['another']],
  ['10.1.2.3', ['10.1.2.3'], ['10.1.2.4', 'x.10.1.2.3.example']],
  ['10.0.0.0/8', ['10.255.0.1'], ['11.0.0.1', 'ten.example']],
  ['fd00::/8', ['fd12::1'], ['fe80::1']],
  ['fd12::1', ['fd12::1', 'fd12:0::1'], ['fd12::2']],
  ['*', ['example.com', '10.0.0.1'], []],
  ['nothing,*', ['example.com'], []],
  ['', [], ['example.com']],
  [',,:443', [], ['example.com']],
  ['10.0.0.0/33', [], ['10.0.0.1']],
])('NO_PROXY=%s asks %j directly, %j not', (noProxy, direct, proxied) => {
  for (const host of direct) expect(isProxied(noProxy, host), host).toBe(false);
  for (const host of proxied) expect(isProxied(noProxy, host), host).toBe(true);
});

test.each([
  ['example.com:443', 'example.com'],
  ['.example.com:443', 'a.example.com'],
  ['10.1.2.3:443', '10.1.2.3'],
  ['[fd12::1]:443', 'fd12::1'],
])('NO_PROXY=%s is for one port', (noProxy, host) => {
  expect(isProxied(noProxy, host)).toBe(false);
  expect(isProxied(noProxy, host, 8443)).toBe(true);
});
