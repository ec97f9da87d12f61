// /-/flush, /-/reload and /-/quit: only with --web.enable-lifecycle, only by POST or PUT, as in
// Prometheus (web/web.go). Without the flag they exist and answer 403, so that nobody has to guess.

import type { FastifyInstance } from 'fastify';
import { VarveError } from '../base/errors/varve-error.ts';

/** What the three paths set going; a rejection is answered by the kind of its error. */
export interface LifecycleActions {
  /** Cuts all that the heads hold into blocks and uploads them; resolves when that is done. */
  flush(): Promise<FlushSummary>;
  /** Reads the configuration again; rejects and keeps the old one when the new one is wrong. */
  reload(): Promise<readonly string[]>;
  /** Begins the orderly shutdown; returns at once. */
  quit(): void;
}

/** What a flush did, in blocks. */
export interface FlushSummary {
  readonly blocksCut: number;
  readonly blocksUploaded: number;
  /** Blocks that are on local disk and not in the bucket. */
  readonly blocksWaiting: number;
}

/** Registers the three paths; `actions` is undefined when the lifecycle API is not enabled. */
export function registerLifecycleRoutes(
  app: FastifyInstance,
  actions: LifecycleActions | undefined,
): void {
  const route = (url: string, run: (actions: LifecycleActions) => Promise<string>) => {
    app.route({
      method: ['POST', 'PUT'],
      url,
      handler: async (_request, reply) => {
        if (actions === undefined) {
          throw new VarveError('lifecycle_disabled', 'Lifecycle API is not enabled.');
        }
        return reply.type('text/plain; charset=utf-8').send(await run(actions));
      },
    });
  };
  route('/-/flush', async (on) => {
    const done = await on.flush();
    const cut = `${done.blocksCut} blocks cut, ${done.blocksUploaded} uploaded`;
    return `Flushed: ${cut}, ${done.blocksWaiting} not uploaded.\n`;
  });
  route('/-/reload', async (on) => {
    const notes = await on.reload();
    return notes.map((note) => `${note}\n`).join('');
  });
  route('/-/quit', async (on) => {
    on.quit();
    return 'Requesting termination... Goodbye!\n';
  });
}
