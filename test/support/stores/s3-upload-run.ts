// One large upload in a process of its own, for s3-memory.long.test.ts: prints the highest resident
// memory before it and after it, in bytes. Arguments: endpoint, bucket, bytes, part size.

import { readFileSync } from 'node:fs';
import { bytesSource } from '../../../src/bucket/put-sources.ts';
import { countedBytes } from './counted-bytes.ts';
import { openS3On } from './s3-adapter.ts';

/** VmHWM of this process. */
function peakBytes(): number {
  const status = readFileSync('/proc/self/status', 'utf8');
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
}

const [endpoint = '', bucketName = '', bytes, partSize] = process.argv.slice(2);
const where = { endpoint, bucket: bucketName };
const bucket = await openS3On({ ...where, config: { part_size: Number(partSize) } });
// The SDK is loaded and has spoken once: what it takes by itself is the baseline.
await bucket.put('small', bytesSource(new Uint8Array(1024)));
const before = peakBytes();
await bucket.put('large', countedBytes(Number(bytes)));
process.stdout.write(`${before} ${peakBytes()}\n`);
await bucket.close();
