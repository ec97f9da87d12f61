// fake-gcs-server, a Go program that speaks Google Cloud Storage's JSON API, in memory.

import type { Processes } from '../e2e/processes.ts';
import { requireProgram } from './programs.ts';
import { answering, freePort } from './start-server.ts';

export const FAKE_GCS = 'fake-gcs-server';

export interface GcsServer {
  /** For `STORAGE_EMULATOR_HOST`. */
  readonly host: string;
  createBucket(name: string): Promise<void>;
}

/** Starts one; `processes` ends it. */
export async function startGcs(processes: Processes): Promise<GcsServer> {
  const port = await freePort();
  const host = `127.0.0.1:${port}`;
  const started = processes.start(FAKE_GCS, requireProgram(FAKE_GCS), {
    args: [
      ...['-backend', 'memory', '-scheme', 'http', '-host', '127.0.0.1'],
      ...['-port', String(port), '-public-host', host, '-log-level', 'error'],
    ],
  });
  await answering(started, `http://${host}/_internal/healthcheck`);
  return {
    host,
    createBucket: async (name) => {
      const answer = await fetch(`http://${host}/storage/v1/b?project=test`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ name }),
      });
      if (!answer.ok) throw new Error(`no bucket ${name}: ${answer.status}`);
    },
  };
}
