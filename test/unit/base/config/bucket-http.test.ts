import { expect, test } from 'vitest';
import { readStoreHttpConfig } from '../../../../src/base/config/bucket-http.ts';
import { Secret } from '../../../../src/base/config/secret.ts';
import { readYamlMapping } from '../../../../src/base/config/yaml-reader.ts';
import { complaint } from './loading.ts';

const read = (text: string) =>
  readStoreHttpConfig(
    readYamlMapping({ name: 'b.yml', text: new Secret(text), fillEnvironment: false }, {}),
    {},
  );

test("what is missing is Thanos's default", () => {
  expect(read('')).toMatchObject({
    idleConnTimeoutMs: 90_000,
    responseHeaderTimeoutMs: 120_000,
    tlsHandshakeTimeoutMs: 10_000,
    insecureSkipVerify: false,
    maxIdleConns: 100,
    maxConnsPerHost: 0,
  });
});

test('the smaller limit of idle connections holds, and 0 is no limit', () => {
  const idle = (all: number, host: number) =>
    read(`http_config: {max_idle_conns: ${all}, max_idle_conns_per_host: ${host}}`).maxIdleConns;
  expect([idle(7, 100), idle(100, 7), idle(0, 7), idle(7, 0), idle(0, 0)]).toEqual([7, 7, 7, 7, 0]);
});

test('a certificate needs its key, and an unknown key is named', () => {
  expect(complaint(() => read('http_config: {tls_config: {cert_file: c}}'))).toContain(
    'needs cert_file and key_file together',
  );
  expect(complaint(() => read('http_config: {idle_con_timeout: 1s}'))).toContain(
    'did you mean idle_conn_timeout?',
  );
});
