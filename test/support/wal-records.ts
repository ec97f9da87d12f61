// Opaque records for tests of the log itself, and reading them back.
// Their type is one that no version knows, so that replay hands them out as they are.

import type { Disk } from '../../src/base/runtime/disk.ts';
import type { LogPosition } from '../../src/wal/log.ts';
import type { RecordSink } from '../../src/wal/record-decoder.ts';
import { type ReplayOptions, type ReplayReport, replayWal } from '../../src/wal/replay.ts';

export const OPAQUE_TYPE = 0xee;

/** A record of `sizeBytes` (at least 5) that carries a number. */
export function opaqueRecord(id: number, sizeBytes = 20): Uint8Array {
  const record = new Uint8Array(sizeBytes);
  for (let i = 5; i < sizeBytes; i++) record[i] = (id * 31 + i * 7) & 0xff;
  record[0] = OPAQUE_TYPE;
  new DataView(record.buffer).setUint32(1, id);
  return record;
}

/** A sink that leaves everything alone. */
export function ignoringSink(): RecordSink {
  const ignore = (): void => undefined;
  return {
    series: ignore,
    samples: ignore,
    histograms: ignore,
    exemplars: ignore,
    metadata: ignore,
    tombstones: ignore,
  };
}

/** What replay finds of opaque records. */
export interface OpaqueReplay {
  readonly ids: number[];
  readonly records: Uint8Array[];
  readonly positions: LogPosition[];
  readonly report: ReplayReport;
}

export async function replayOpaque(
  disk: Disk,
  dir: string,
  options: Pick<ReplayOptions, 'recordBytesMax'> = {},
): Promise<OpaqueReplay> {
  const records: Uint8Array[] = [];
  const positions: LogPosition[] = [];
  const sink: RecordSink = {
    ...ignoringSink(),
    other: (record, at) => {
      records.push(record.slice());
      positions.push(at);
    },
  };
  const report = await replayWal({ disk, dir, sink, quarantineDir: '/quarantine', ...options });
  const ids = records.map((record) => new DataView(record.buffer).getUint32(1));
  return { ids, records, positions, report };
}
