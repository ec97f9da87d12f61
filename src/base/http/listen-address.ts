// Addresses to listen on, written as Prometheus and Thanos (Go's net.Listen) write them:
// `0.0.0.0:19291`, `:10902`, `[::]:80`, `localhost:9090`.

import { printable } from '../errors/printable.ts';
import { VarveError } from '../errors/varve-error.ts';

/** Where to listen; without a host, on all interfaces. */
export interface ListenAddress {
  readonly host: string | undefined;
  /** 0 lets the system choose. */
  readonly port: number;
}

const PORT_MAX = 65_535;
const HOST_CHARACTERS_MAX = 253; // of a DNS name

/** Reads an address, or throws `bad_config`. */
export function parseListenAddress(text: string): ListenAddress {
  const match = /^(?:\[([0-9a-fA-F:.]+(?:%[\w.-]+)?)\]|([\w.-]*)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  const host = match?.[1] ?? match?.[2] ?? '';
  if (match === null || port > PORT_MAX || host.length > HOST_CHARACTERS_MAX) {
    const shown = printable(text, 100);
    throw new VarveError('bad_config', `"${shown}" is no address to listen on; use host:port`);
  }
  return { host: host === '' ? undefined : host, port };
}

/** The other way round; all interfaces are shown as an empty host. */
export function formatListenAddress({ host = '', port }: ListenAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
