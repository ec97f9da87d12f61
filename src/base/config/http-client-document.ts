// How to speak to an HTTP server that asks for credentials or TLS: the document of
// --prometheus.http-client, in Thanos's form (thanos docs/components/sidecar.md, Prometheus HTTP
// client). Values are taken as they are written, as Thanos does; no variables are filled in.

import type { YamlSource } from './option-type.ts';
import type { Secret } from './secret.ts';
import { readYamlMapping, type YamlMapping } from './yaml-reader.ts';

/** Paths are empty for none; files are read at each request, so that they may be renewed. */
export interface HttpClientDocument {
  readonly basicAuth:
    | {
        readonly username: string;
        readonly password: Secret | undefined;
        readonly passwordFile: string;
      }
    | undefined;
  readonly bearerToken: Secret | undefined;
  readonly bearerTokenFile: string;
  readonly tls: {
    /** Paths of PEM files. */
    readonly caFile: string;
    readonly certFile: string;
    readonly keyFile: string;
    /** Name that the certificate must have; empty for the host's own. */
    readonly serverName: string;
    readonly insecureSkipVerify: boolean;
  };
}

/** No credentials, and TLS by the machine's own certificates. */
export const PLAIN_HTTP_CLIENT: HttpClientDocument = {
  basicAuth: undefined,
  bearerToken: undefined,
  bearerTokenFile: '',
  tls: { caFile: '', certFile: '', keyFile: '', serverName: '', insecureSkipVerify: false },
};

const DAY_MS = 86_400_000;
const TIME = { min: 0, max: DAY_MS };
const COUNT = { min: 0, max: 1_000_000 };

/**
 * Reads and checks the document.
 * @throws VarveError `bad_config` with file, line and key
 */
export function readHttpClientDocument(source: YamlSource): HttpClientDocument {
  const top = readYamlMapping({ ...source, fillEnvironment: false }, {});
  const basic = top.mapping('basic_auth');
  const username = basic.string('username') ?? '';
  const password = secretOf(basic, 'password');
  const passwordFile = basic.string('password_file') ?? '';
  basic.end();
  if (password !== undefined && passwordFile !== '') {
    throw basic.error('password_file', 'cannot be given together with password');
  }
  if (username === '' && (password !== undefined || passwordFile !== '')) {
    throw basic.error('username', 'is required with a password');
  }
  const bearerToken = secretOf(top, 'bearer_token');
  const bearerTokenFile = top.string('bearer_token_file') ?? '';
  const ways = [username !== '', bearerToken !== undefined, bearerTokenFile !== ''];
  if (ways.filter((given) => given).length > 1) {
    throw top.error('basic_auth', 'must be the only one of basic_auth and bearer_token(_file)');
  }
  if ((top.string('proxy_url') ?? '') !== '') {
    throw top.error('proxy_url', 'is refused: this version uses no proxy; take the key away');
  }
  const tls = tlsOf(top.mapping('tls_config'));
  skipTransport(top.mapping('transport_config'));
  top.end();
  const basicAuth = username === '' ? undefined : { username, password, passwordFile };
  return { basicAuth, bearerToken, bearerTokenFile, tls };
}

/** An empty one is none, as in the documents that Thanos's users write. */
function secretOf(mapping: YamlMapping, key: string): Secret | undefined {
  const secret = mapping.secret(key);
  return secret?.reveal() === '' ? undefined : secret;
}

function tlsOf(tls: YamlMapping): HttpClientDocument['tls'] {
  const read = {
    caFile: tls.string('ca_file') ?? '',
    certFile: tls.string('cert_file') ?? '',
    keyFile: tls.string('key_file') ?? '',
    serverName: tls.string('server_name') ?? '',
    insecureSkipVerify: tls.boolean('insecure_skip_verify') ?? false,
  };
  if ((read.certFile === '') !== (read.keyFile === '')) {
    throw tls.error('cert_file', 'needs key_file with it, and the other way round');
  }
  tls.end();
  return read;
}

/** A request now and then on a connection of its own: there is no pool that these would change. */
function skipTransport(transport: YamlMapping): void {
  transport.integer('max_idle_conns', COUNT);
  transport.integer('max_idle_conns_per_host', COUNT);
  transport.integer('max_conns_per_host', COUNT);
  transport.durationMs('idle_conn_timeout', TIME);
  transport.durationMs('response_header_timeout', TIME);
  transport.durationMs('expect_continue_timeout', TIME);
  transport.durationMs('tls_handshake_timeout', TIME);
  transport.boolean('disable_compression');
  transport.end();
}
