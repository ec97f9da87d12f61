// The door to sockets: what makes a server reachable. A simulation gives one that opens nothing and
// hands its requests to the server itself (`app.inject`).

import type { Server } from 'node:http';
import { VarveError } from '../errors/varve-error.ts';
import { formatListenAddress, type ListenAddress } from './listen-address.ts';

/**
 * Makes `server` reachable at `address` and returns where it is; `bad_config` when the address
 * cannot be used.
 */
export type Listen = (server: Server, address: ListenAddress) => Promise<ListenAddress>;

/** Listens on a TCP socket; port 0 takes one that is free. */
export const listenOnSocket: Listen = async (server, address) => {
  const { host, port } = address;
  await new Promise<void>((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException): void => {
      const where = formatListenAddress(address);
      const why = `cannot listen on ${where}: ${error.code ?? error.message}`;
      reject(new VarveError('bad_config', why, { cause: error }));
    };
    server.once('error', onError);
    server.listen({ port, ...(host === undefined ? {} : { host }) }, () => {
      server.off('error', onError);
      resolve();
    });
  });
  const bound = server.address();
  return { host, port: typeof bound === 'object' && bound !== null ? bound.port : port };
};
