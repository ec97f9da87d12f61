// A server over TLS with a certificate of its own for one name, made by openssl.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type RequestListener, request } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const OPENSSL = '/usr/bin/openssl';

/** Is there what makes certificates? */
export const HAS_OPENSSL = existsSync(OPENSSL);

export interface TlsServer {
  readonly port: number;
  /** Connections until now. */
  connections(): number;
  close(): Promise<void>;
}

/** Starts one on a free port of 127.0.0.1; its certificate is for `name`, signed by itself. */
export async function startTls(name: string, listener: RequestListener): Promise<TlsServer> {
  const dir = mkdtempSync(join(tmpdir(), 'varve-tls-'));
  const [key, cert] = [join(dir, 'key.pem'), join(dir, 'cert.pem')];
  const asked = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2'];
  spawnSync(OPENSSL, [...asked, '-subj', `/CN=${name}`, '-keyout', key, '-out', cert]);
  const pair = { key: readFileSync(key), cert: readFileSync(cert) };
  rmSync(dir, { recursive: true });
  let connections = 0;
  const server = createServer(pair, listener);
  server.on('secureConnection', () => connections++);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => connections,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Passes every request on to a server without TLS, as it is. */
export function passedOnTo(port: number): RequestListener {
  return (from, to) => {
    const { headers, method, url: path } = from;
    const on = request({ host: '127.0.0.1', port, method, path, headers }, (answer) => {
      to.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(to);
    });
    on.on('error', () => to.destroy());
    from.pipe(on);
  };
}
