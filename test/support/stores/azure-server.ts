// azurite-blob, which speaks Azure Blob storage, in memory. It checks signatures.

import { dirname } from 'node:path';
import { BlobServiceClient, StorageSharedKeyCredential } from '@azure/storage-blob';
import type { Processes } from '../e2e/processes.ts';
import { requireProgram } from './programs.ts';
import { answering, freePort } from './start-server.ts';

export const AZURITE = 'azurite-blob';

/** The account that every azurite has; its key is published and opens nothing else. */
export const AZURITE_ACCOUNT = 'devstoreaccount1';
export const AZURITE_KEY =
  'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';

export interface AzureServer {
  /** For `endpoint` of bucket.yml. */
  readonly endpoint: string;
  createContainer(name: string): Promise<void>;
}

const EVERYBODYS = { account: AZURITE_ACCOUNT, key: AZURITE_KEY };

/** Starts one, for one account; `processes` ends it. */
export async function startAzure(
  processes: Processes,
  { account, key }: { readonly account: string; readonly key: string } = EVERYBODYS,
): Promise<AzureServer> {
  const port = await freePort();
  const started = processes.start(AZURITE, requireProgram(AZURITE), {
    args: [
      ...['--blobHost', '127.0.0.1', '--blobPort', String(port)],
      ...['--inMemoryPersistence', '--skipApiVersionCheck', '--disableTelemetry', '--silent'],
    ],
    env: {
      PATH: `${dirname(process.execPath)}:${process.env.PATH ?? ''}`,
      AZURITE_ACCOUNTS: `${account}:${key}`,
    },
  });
  const endpoint = `http://127.0.0.1:${port}/${account}`;
  await answering(started, endpoint);
  return {
    endpoint,
    createContainer: async (name) => {
      const credential = new StorageSharedKeyCredential(account, key);
      await new BlobServiceClient(endpoint, credential).createContainer(name);
    },
  };
}
