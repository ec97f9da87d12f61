// azurite-blob, which speaks Azure Blob storage, in memory. It checks signatures.

import { dirname } from 'node:path';
import type { Processes } from '../e2e/processes.ts';
import { answering, findProgram, freePort } from './find-program.ts';

export const AZURITE = findProgram('azurite-blob');

/** The account that every azurite has; its key is published and opens nothing else. */
export const AZURITE_ACCOUNT = 'devstoreaccount1';
export const AZURITE_KEY =
  'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';

export interface AzureServer {
  /** For `endpoint` of bucket.yml. */
  readonly endpoint: string;
}

/** Starts one; `processes` ends it. */
export async function startAzure(processes: Processes): Promise<AzureServer> {
  const port = await freePort();
  const started = processes.start('azurite-blob', AZURITE, {
    args: [
      ...['--blobHost', '127.0.0.1', '--blobPort', String(port)],
      ...['--inMemoryPersistence', '--skipApiVersionCheck', '--disableTelemetry', '--silent'],
    ],
    env: { PATH: `${dirname(process.execPath)}:${process.env.PATH ?? ''}` },
  });
  const endpoint = `http://127.0.0.1:${port}/${AZURITE_ACCOUNT}`;
  await answering(started, endpoint);
  return { endpoint };
}
