// A directory with blocks that a real Prometheus made, on a simulated disk on which nothing may be
// written but in the sidecar's own directory, and a bucket in memory.

import { join } from 'node:path';
import type { VarveError } from '../../../../src/base/errors/varve-error.ts';
import { labelsOf } from '../../../../src/base/model/labels.ts';
import { MetricStore } from '../../../../src/base/observe/metric-store.ts';
import type { Disk } from '../../../../src/base/runtime/disk.ts';
import { listBlockMetas } from '../../../../src/block/local-blocks.ts';
import { parseMeta } from '../../../../src/block/meta/parse.ts';
import { blockDir } from '../../../../src/block/paths.ts';
import { describePrometheusBlock } from '../../../../src/block/prometheus-block.ts';
import { SidecarShipper } from '../../../../src/bucket/sidecar/sidecar-shipper.ts';
import { UploadedNote } from '../../../../src/bucket/sidecar/uploaded-note.ts';
import { MemoryBucket } from '../../../../storage-adapters/memory/memory-bucket.ts';
import { copyDirectory } from '../../../support/adopt-directory.ts';
import { eachObject } from '../../../support/each-object.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { MemoryDisk } from '../../../support/memory-disk.ts';
import { MemoryLogger } from '../../../support/memory-logger.ts';

export const DIR = '/prom';
export const STATE = '/state';
export const LABELS = labelsOf([
  ['replica', '0'],
  ['cluster', 'eu'],
]);
const GOLDEN = new URL('../../../golden/data/', import.meta.url).pathname;
/** Two of level 1, and one each of level 1 and 2 with deletions and late samples. */
export const PLAIN = ['01M832QXTTCS710BSD75VCCVDW', '01M832QXVGMRM39GXX3X1CVF4R'] as const;
export const LATE = '01M8BWXT8FN73RC580HGRS70KV';
export const COMPACTED = '01M8BWXTC0BZERKMDRTNYRY8NP';

const WRITES: ReadonlySet<string> = new Set([
  'openDurable',
  'replaceFile',
  'makeDir',
  'rename',
  'linkNew',
  'removeFile',
  'removeEmptyDir',
  'removeTree',
]);

/** The same disk, on which every attempt to change something in DIR throws. */
function readOnly(disk: MemoryDisk): Disk {
  return new Proxy(disk, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]): unknown => {
        const isWrite = WRITES.has(String(name)) || (name === 'openSync' && args[1] !== 'read');
        if (isWrite && args.some((arg) => String(arg).startsWith(`${DIR}/`) || arg === DIR)) {
          throw new Error(`${String(name)} in the directory of the Prometheus`);
        }
        return Reflect.apply(value, target, args);
      };
    },
  });
}

export interface ShippingOptions {
  readonly uploadCompacted?: boolean;
  readonly minTimeMs?: number;
}

export function shippingWorld() {
  const clock = new ManualClock();
  const disk = new MemoryDisk();
  const bucket = new MemoryBucket(clock);
  const logger = new MemoryLogger();
  disk.makeDir(STATE);
  copyDirectory(disk, DIR, join(GOLDEN, 'blocks/long-raw'));
  copyDirectory(disk, DIR, join(GOLDEN, 'prometheus-directory/data'));
  const safe = readOnly(disk);

  /** A sidecar that has just started; its metrics are its own. */
  const start = ({ uploadCompacted = false, minTimeMs = 0 }: ShippingOptions = {}) => {
    const metrics = new MetricStore();
    const shipper = new SidecarShipper({
      bucket,
      disk: safe,
      clock,
      logger,
      metrics,
      note: new UploadedNote(safe, STATE, logger),
      uploadCompacted,
      minTimeMs: () => minTimeMs,
      dir: {
        list: () => {
          let refused = 0;
          const onDamaged = (_path: string, _error: VarveError): void => void refused++;
          const metas = listBlockMetas({ disk: safe, dir: DIR, onDamaged });
          const blocks = metas.map((meta) => ({ dir: blockDir(DIR, meta.ulid), meta }));
          return { blocks, refused };
        },
        describe: (block, labels) =>
          describePrometheusBlock({ disk: safe, timers: clock }, block, labels),
        parseMeta,
      },
    });
    const value = (name: string, label = '') =>
      metrics
        .snapshot()
        .find((metric) => metric.name === name)
        ?.samples.find(({ labels }) => label === '' || labels.includes(label))?.value;
    return { shipper, value, round: (labels = LABELS) => shipper.round(labels) };
  };
  const keys = async (): Promise<readonly string[]> => {
    const found: string[] = [];
    for await (const { key } of eachObject(bucket.list(''))) found.push(key);
    return found;
  };
  const whole = async (): Promise<readonly string[]> =>
    (await keys()).filter((key) => key.endsWith('/meta.json')).map((key) => key.slice(0, 26));
  return { clock, disk, safe, bucket, logger, start, keys, whole };
}
