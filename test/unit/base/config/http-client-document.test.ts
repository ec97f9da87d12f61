import { describe, expect, test } from 'vitest';
import { readHttpClientDocument } from '../../../../src/base/config/http-client-document.ts';
import { Secret } from '../../../../src/base/config/secret.ts';
import { complaint } from './loading.ts';

const read = (text: string) =>
  readHttpClientDocument({ name: 'client.yml', text: new Secret(text), fillEnvironment: true });

describe('the document of --prometheus.http-client', () => {
  test('the whole form of Thanos with everything empty asks for nothing', () => {
    const document = read(`
basic_auth: {username: "", password: "", password_file: ""}
bearer_token: ""
bearer_token_file: ""
proxy_url: ""
tls_config: {ca_file: "", cert_file: "", key_file: "", server_name: "", insecure_skip_verify: false}
transport_config:
  max_idle_conns: 0
  max_idle_conns_per_host: 0
  idle_conn_timeout: 0
  response_header_timeout: 0
  expect_continue_timeout: 0
  max_conns_per_host: 0
  disable_compression: false
  tls_handshake_timeout: 0
`);
    expect(document.basicAuth).toBeUndefined();
    expect(document.bearerToken).toBeUndefined();
  });

  test('credentials are taken as they are written, dollars and all', () => {
    const { basicAuth } = read('basic_auth: {username: u, password: "pa$${x}"}');
    expect(basicAuth?.username).toBe('u');
    expect(basicAuth?.password?.reveal()).toBe('pa$${x}');
    expect(JSON.stringify(basicAuth)).not.toContain('pa$');
  });

  test.each([
    ['basic_auth: {username: u}\nbearer_token: t', 'key "basic_auth": must be the only one'],
    ['basic_auth: {password: p}', 'key "basic_auth.username": is required'],
    ['basic_auth: {username: u, password: p, password_file: f}', 'cannot be given together'],
    ['proxy_url: http://127.0.0.1:1', 'key "proxy_url": is refused'],
    ['tls_config: {cert_file: c}', 'needs key_file with it'],
    ['oauth2: {}', 'client.yml:1: key "oauth2": is unknown'],
    ['bearer_tokn: x', 'did you mean bearer_token?'],
  ])('%j is refused by name', (text, message) => {
    expect(complaint(() => read(text))).toContain(message);
  });
});
