// HTTP_PROXY, HTTPS_PROXY and NO_PROXY, or their names in lower case, as Go reads them (package
// golang.org/x/net/http/httpproxy, FromEnvironment), which Thanos's clients of object stores go by.
//
// What Go passes over without a word is refused here by the variable's name: a proxy that cannot be
// used. Messages never hold a variable's value: there may be a password in it.

import { configError } from './config-error.ts';
import type { Environment } from './fill-environment.ts';

/** A proxy. */
export interface ProxyServer {
  /** It is itself asked over TLS. */
  readonly tls: boolean;
  /** Without brackets. */
  readonly host: string;
  readonly port: number;
  /** The value of `Proxy-Authorization`; empty for none. A secret. */
  readonly authorization: string;
}

/** Which proxies stores are asked through; undefined for none. */
export interface StoreProxies {
  /** For stores that are asked without TLS. */
  readonly http: ProxyServer | undefined;
  /** For stores that are asked over TLS. */
  readonly https: ProxyServer | undefined;
  /** What is asked directly, as the variable has it (base/http/proxy-rules.ts). */
  readonly noProxy: string;
}

/** Reads them. Errors: `bad_config` for a proxy that is no HTTP proxy. */
export function readStoreProxies(env: Environment): StoreProxies {
  const [http, https, noProxy] = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'].map((name) => {
    const given = [name, name.toLowerCase()].find((one) => (env[one] ?? '') !== '');
    return { name: given ?? name, value: given === undefined ? '' : (env[given] ?? '') };
  });
  return { http: proxyIn(http), https: proxyIn(https), noProxy: noProxy?.value ?? '' };
}

interface Variable {
  readonly name: string;
  readonly value: string;
}

function proxyIn(variable: Variable | undefined): ProxyServer | undefined {
  if (variable === undefined || variable.value === '') return undefined;
  const { name, value } = variable;
  // `proxy:3128` is an URL, too, of a scheme that is called proxy.
  const hasScheme = /^(https?|socks5h?):\/\//i.test(value);
  const text = hasScheme ? value : `http://${value}`;
  const where = `environment variable ${name}`;
  if (!URL.canParse(text)) throw configError(where, 'is not the URL of a proxy');
  const url = new URL(text);
  const tls = url.protocol === 'https:';
  if (!tls && url.protocol !== 'http:')
    throw configError(where, 'names a SOCKS proxy; only http:// and https:// are spoken');
  const port = url.port === '' ? (tls ? 443 : 80) : Number(url.port);
  return {
    tls,
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port,
    authorization: basic(url, where),
  };
}

function basic({ username, password }: URL, where: string): string {
  if (username === '' && password === '') return '';
  try {
    const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
    return `Basic ${Buffer.from(pair).toString('base64')}`;
  } catch {
    // The error's own message would show what it is about.
    throw configError(where, 'has a name or password that is not percent-encoded as URLs are');
  }
}
