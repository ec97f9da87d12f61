// The S3 adapter on real servers: the contract, and what is S3's own.

import { afterAll, beforeAll, describe } from 'vitest';
import { hasProgram } from '../support/stores/programs.ts';
import { openS3On } from '../support/stores/s3-adapter.ts';
import {
  MOTO,
  makeBucket,
  type S3Server,
  startMoto,
  startVersitygw,
  VERSITYGW,
} from '../support/stores/s3-servers.ts';
import { bucketSuite } from './bucket-suite.ts';

const SERVERS = [
  { name: MOTO, start: startMoto },
  { name: VERSITYGW, start: startVersitygw },
] as const;

describe.each(SERVERS)('S3 on $name', ({ name, start }) => {
  describe.skipIf(!hasProgram(name))('running', () => {
    let server: S3Server;
    beforeAll(async () => {
      server = await start();
    });
    afterAll(async () => {
      await server?.stop();
    });

    bucketSuite(`S3 on ${name}`, async () => {
      const bucket = await makeBucket(server.endpoint);
      // The smallest parts that S3 allows: the suite's larger objects go in several.
      const opened = await openS3On({
        endpoint: server.endpoint,
        bucket,
        config: { part_size: 5 * 1024 * 1024 },
      });
      return { bucket: opened, cleanUp: async () => undefined };
    });
  });
});
