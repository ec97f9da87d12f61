// Kinds of damage to a log as a whole and to what its records say, every checksum right: what each
// reader must still give, and what must be told. Bytes that are no records are ../wal.test.ts's.

import { WAL } from '../../support/log-readers.ts';
import {
  exemplarRecord,
  histogramRecord,
  metadataRecord,
  named,
  putFile,
  record,
  sampleAtRecord,
  samplesRecord,
  seriesRecord,
  writeLog,
} from '../../support/log-records.ts';
import type { MemoryDisk } from '../../support/memory-disk.ts';

/** Ten minutes before the simulated clock starts. */
export const T = Date.UTC(2026, 0, 1) - 600_000;

const FIRST = [seriesRecord(named(1, 'm1'), named(2, 'm2')), samplesRecord([1, T, 1], [2, T, 1])];
const later = (seconds: number): Uint8Array =>
  samplesRecord([1, T + seconds * 1000, 1], [2, T + seconds * 1000, 1]);
const SECOND = [later(1)];
const THIRD = [later(2)];
const FOURTH = [later(3)];

/** The good log: four segments, a sample of each series in every one. */
export async function goodLog(disk: MemoryDisk): Promise<void> {
  await writeLog(disk, WAL, [FIRST, SECOND, THIRD, FOURTH]);
}

/** `name@seconds after T` of every sample in the good log. */
export const ALL = samplesOf(0, 1, 2, 3);

export function samplesOf(...seconds: readonly number[]): readonly string[] {
  return seconds.flatMap((second) => [`m1@${second}`, `m2@${second}`]);
}

export interface LogRow {
  readonly name: string;
  /** Changes the good log. */
  readonly damage: (disk: MemoryDisk) => void | Promise<void>;
  /** Samples that every reader gives; all of the good log's by default. */
  readonly kept?: readonly string[];
  /** In a line of the operator's log at the start; undefined: nothing is amiss. */
  readonly told: RegExp | undefined;
  /** Findings of `verify`, when one thing shows as several. */
  readonly findings?: number;
  /** In a line of `verify`; as `told` by default. */
  readonly verified?: RegExp;
  /**
   * Samples of no readable series: in quarantine after a checkpoint of all. `dump` may show them
   * under the labels that cannot be a series'.
   */
  readonly orphans?: number;
  /** The bytes of records that must be in quarantine, whole. */
  readonly quarantined?: readonly Uint8Array[];
}

const more =
  (...records: readonly Uint8Array[]) =>
  (disk: MemoryDisk): Promise<void> =>
    writeLog(disk, WAL, [records]);

const WILD_PLUS = sampleAtRecord(1, 2n ** 62n, 1);
const WILD_MINUS = sampleAtRecord(1, -(2n ** 62n), 1);

/** Of two rows in one record the first has a time that no number here holds. */
const HALF_WILD = record((into) => {
  into.bytes(WILD_PLUS, 0, WILD_PLUS.length);
  into.varint(0);
  // The distance from the first row's time to the second's, zigzag as Go has it.
  const folded = BigInt.asUintN(64, (BigInt(T + 7000) - 2n ** 62n) * -2n - 1n);
  into.uvarint64(Number(folded & 0xffff_ffffn), Number(folded >> 32n));
  into.u64be(0, 0x3ff00000);
});

/** A histogram whose span stands for more buckets than there are. */
function unfitHistogram(ref: number, length: number): Uint8Array {
  return record((into) => {
    into.u8(7);
    into.i64be(ref);
    into.i64be(T);
    for (const zero of [0, 0]) into.varint(zero);
    into.u8(0);
    into.varint(0);
    into.f64be(0.001);
    into.uvarint(0);
    into.uvarint(1);
    into.f64be(3);
    into.uvarint(1);
    into.varint(0);
    into.uvarint(length);
    into.uvarint(0);
    into.uvarint(1);
    into.varint(1);
    into.uvarint(0);
  });
}

const UNFIT = unfitHistogram(1, 2);
const UNFIT_HUGE = unfitHistogram(1, 0xffff_ffff);

export const ROWS: readonly LogRow[] = [
  { name: 'nothing', damage: () => undefined, told: undefined },

  // ── Files and their names ────────────────────────────────────────────────────────────────────
  {
    name: 'a segment is missing in the middle',
    damage: (disk) => disk.removeFile(`${WAL}/00000001`),
    kept: samplesOf(0, 2, 3),
    told: /00000001.*the segment is missing/,
  },
  {
    name: 'two segments are missing in the middle',
    damage: (disk) => {
      disk.removeFile(`${WAL}/00000001`);
      disk.removeFile(`${WAL}/00000002`);
    },
    kept: samplesOf(0, 3),
    told: /00000001.*missing up to segment 2/,
  },
  {
    name: 'a segment of no bytes in the middle',
    damage: (disk) => putFile(disk, `${WAL}/00000001`, new Uint8Array(0)),
    kept: samplesOf(0, 2, 3),
    told: undefined, // a Prometheus leaves such ones
  },
  {
    name: 'a directory that is named like the next segment',
    damage: (disk) => disk.makeDir(`${WAL}/00000004`),
    told: undefined,
    verified: /00000004.*a directory/,
  },
  {
    name: 'a directory in the place of a segment',
    damage: (disk) => {
      disk.removeFile(`${WAL}/00000001`);
      disk.makeDir(`${WAL}/00000001`);
    },
    kept: samplesOf(0, 2, 3),
    findings: 2,
    told: /00000001.*the segment is missing/,
  },
  {
    name: 'a file that is named like a checkpoint',
    damage: (disk) => putFile(disk, `${WAL}/checkpoint.00000002`, Buffer.from('x')),
    told: undefined,
    verified: /checkpoint\.00000002.*a file/,
  },
  {
    name: 'a name of nine digits',
    damage: (disk) => putFile(disk, `${WAL}/000000002`, Buffer.from('x')),
    told: undefined,
    verified: /000000002.*neither/,
  },
  {
    name: 'names that are nobody’s',
    damage: (disk) => {
      for (const name of ['4', '-0000001', '0000000a', '00000004.tmp', 'checkpoint.1'])
        putFile(disk, `${WAL}/${name}`, Buffer.from('x'));
    },
    findings: 5,
    told: undefined,
    verified: /0000000a.*neither/,
  },

  // ── Checkpoints ──────────────────────────────────────────────────────────────────────────────
  {
    name: 'a checkpoint that was not finished',
    damage: (disk) => writeLog(disk, `${WAL}/checkpoint.00000002.tmp`, [[later(9)]]),
    told: undefined,
    verified: /checkpoint\.00000002\.tmp.*not finished/,
  },
  {
    name: 'a checkpoint without files beside all that it stood for',
    damage: (disk) => disk.makeDir(`${WAL}/checkpoint.00000001`),
    told: /checkpoint\.00000001.*a checkpoint without files/,
  },
  {
    name: 'a checkpoint without files, of a number far ahead',
    damage: (disk) => disk.makeDir(`${WAL}/checkpoint.00000099`),
    told: /checkpoint\.00000099.*a checkpoint without files/,
  },
  {
    name: 'a checkpoint without files, an older one that has them',
    damage: async (disk) => {
      await writeLog(disk, `${WAL}/checkpoint.00000000`, [FIRST]);
      disk.makeDir(`${WAL}/checkpoint.00000001`);
      disk.removeFile(`${WAL}/00000000`);
    },
    told: /checkpoint\.00000001.*a checkpoint without files/,
  },
  {
    name: 'two checkpoints: the newer one counts',
    damage: async (disk) => {
      await writeLog(disk, `${WAL}/checkpoint.00000000`, [[later(9)]]);
      await writeLog(disk, `${WAL}/checkpoint.00000001`, [[...FIRST, ...SECOND]]);
      disk.removeFile(`${WAL}/00000000`);
    },
    findings: 2,
    told: undefined,
    verified: /info: .*checkpoint\.00000000: an older one/,
  },
  {
    name: 'a checkpoint whose first file is missing: the others are read',
    damage: async (disk) => {
      await writeLog(disk, `${WAL}/checkpoint.00000000`, [[later(9)], FIRST]);
      disk.removeFile(`${WAL}/checkpoint.00000000/00000000`);
      disk.removeFile(`${WAL}/00000000`);
    },
    told: /checkpoint\.00000000\/00000000.*the segment is missing/,
  },
  {
    name: 'a checkpoint with a file missing in the middle',
    damage: async (disk) => {
      await writeLog(disk, `${WAL}/checkpoint.00000000`, [FIRST, [later(9)], [later(8)]]);
      disk.removeFile(`${WAL}/checkpoint.00000000/00000001`);
      disk.removeFile(`${WAL}/00000000`);
    },
    kept: samplesOf(0, 8, 1, 2, 3),
    told: /checkpoint\.00000000\/00000001.*the segment is missing/,
  },
  {
    name: 'a checkpoint whose first record is damaged',
    damage: async (disk) => {
      await writeLog(disk, `${WAL}/checkpoint.00000000`, [[metadataRecord(1, 'help'), ...FIRST]]);
      const path = `${WAL}/checkpoint.00000000/00000000`;
      const bytes = Buffer.from(disk.readFile(path));
      bytes.writeUInt8(bytes.readUInt8(9) ^ 1, 9);
      putFile(disk, path, bytes);
      disk.removeFile(`${WAL}/00000000`);
    },
    told: /checkpoint\.00000000\/00000000.*the checksum does not match/,
  },
  {
    name: 'a checkpoint that is torn at its end',
    damage: async (disk) => {
      await writeLog(disk, `${WAL}/checkpoint.00000000`, [[...FIRST, metadataRecord(1, 'help')]]);
      const path = `${WAL}/checkpoint.00000000/00000000`;
      const bytes = Buffer.from(disk.readFile(path));
      putFile(disk, path, bytes.subarray(0, bytes.lastIndexOf('help')));
      disk.removeFile(`${WAL}/00000000`);
    },
    told: /checkpoint\.00000000\/00000000.*ends within a fragment/,
  },
  {
    name: 'a checkpoint newer than every segment: it stands for them',
    damage: (disk) => writeLog(disk, `${WAL}/checkpoint.00000007`, [[...FIRST, later(1)]]),
    kept: samplesOf(0, 1),
    told: undefined,
    verified: /segments 0 to 3.*checkpoint/,
  },
  {
    name: 'a checkpoint and a gap before the next segment',
    damage: async (disk) => {
      await writeLog(disk, `${WAL}/checkpoint.00000000`, [FIRST]);
      disk.removeFile(`${WAL}/00000000`);
      disk.removeFile(`${WAL}/00000001`);
    },
    kept: samplesOf(0, 2, 3),
    told: /00000001.*the segment is missing/,
  },

  // ── What series records say ──────────────────────────────────────────────────────────────────
  {
    name: 'samples of a series that no record names',
    damage: more(samplesRecord([77, T, 1], [1, T + 4000, 1], [78, T + 5000, 1])),
    kept: [...ALL, 'm1@4'],
    told: new RegExp(`no series that can be read.*"samples":2,"series":2,"fromMs":${T}`),
    verified: /2 samples of 2 series/,
    orphans: 2,
  },
  {
    name: 'a histogram of a series that no record names',
    damage: more(histogramRecord(77, T, 3)),
    told: /no series that can be read.*"samples":1/,
    verified: /1 samples of 1 series/,
    orphans: 1,
  },
  {
    name: 'exemplars and metadata of a series that no record names',
    damage: more(exemplarRecord(77, T), metadataRecord(78, 'help')),
    findings: 2,
    told: undefined,
    verified: /1 exemplars of 1 series/,
  },
  {
    name: 'labels that are not in order',
    damage: more(
      seriesRecord([
        5,
        [
          ['b', '1'],
          ['a', '1'],
        ],
      ]),
      samplesRecord([5, T, 1]),
    ),
    findings: 2,
    told: /"samples":1,"series":1.*"badSeriesRecords":1/,
    verified: /series 5: labels that are not in order/,
    orphans: 1,
  },
  {
    name: 'a label name that comes twice',
    damage: more(
      seriesRecord([
        5,
        [
          ['a', '1'],
          ['a', '2'],
        ],
      ]),
      samplesRecord([5, T, 1]),
    ),
    findings: 2,
    told: /"badSeriesRecords":1/,
    verified: /series 5: a label name that comes twice/,
    orphans: 1,
  },
  {
    name: 'a series without labels',
    damage: more(seriesRecord([5, []]), samplesRecord([5, T, 1])),
    findings: 2,
    told: /"badSeriesRecords":1/,
    verified: /series 5: no labels/,
    orphans: 1,
  },
  {
    name: 'a label without a name',
    damage: more(
      seriesRecord([
        5,
        [
          ['', 'x'],
          ['__name__', 'm5'],
        ],
      ]),
      samplesRecord([5, T, 1]),
    ),
    findings: 2,
    told: /"badSeriesRecords":1/,
    verified: /series 5: a label without a name/,
    orphans: 1,
  },
  {
    name: 'a label with an empty value counts as none',
    damage: more(
      seriesRecord([
        5,
        [
          ['__name__', 'm5'],
          ['a', ''],
        ],
      ]),
      samplesRecord([5, T, 1]),
    ),
    kept: [...ALL, 'm5@0'],
    told: undefined,
    verified: /series 5: a label with an empty value/,
  },
  {
    name: 'a label value that is not UTF-8',
    damage: more(
      seriesRecord([5, [['__name__', Uint8Array.of(0x6d, 0xff)]]]),
      samplesRecord([5, T, 1]),
    ),
    kept: [...ALL, 'm\ufffd@0'],
    told: undefined,
    verified: /series 5: a label that is not UTF-8/,
  },
  {
    name: 'a label value of three megabytes',
    damage: more(seriesRecord(named(5, 'v'.repeat(3 * 1024 * 1024))), samplesRecord([5, T, 1])),
    findings: 2,
    told: /"badSeriesRecords":1/,
    verified: /series 5: a label that is too long/,
    orphans: 1,
  },
  {
    name: 'a series of seventy thousand labels',
    damage: more(
      seriesRecord([
        5,
        Array.from({ length: 70_000 }, (_, i) => [`l${100_000 + i}`, 'v'] as const),
      ]),
      samplesRecord([5, T, 1]),
    ),
    findings: 2,
    told: /"badSeriesRecords":1/,
    verified: /series 5: 70000 labels/,
    orphans: 1,
  },
  {
    name: 'a series reference of 2^52',
    damage: more(seriesRecord(named(2 ** 52, 'm5'))),
    told: /a series reference of 2\^52 or more/,
  },
  {
    name: 'the greatest series reference: those given out after it are read back',
    damage: more(seriesRecord(named(2 ** 52 - 4000, 'm5')), samplesRecord([2 ** 52 - 4000, T, 1])),
    kept: [...ALL, 'm5@0'],
    told: undefined,
  },
  {
    name: 'a reference that comes to name another series',
    damage: more(seriesRecord(named(1, 'm5')), samplesRecord([1, T + 9000, 1])),
    kept: [...ALL, 'm5@9'],
    told: undefined,
    verified: /series 1: it named other labels before/,
  },
  {
    name: 'two references of one series',
    damage: more(seriesRecord(named(9, 'm1')), samplesRecord([9, T + 9000, 1])),
    kept: [...ALL, 'm1@9'],
    told: undefined,
    verified: /info: .*series 9: the labels of series 1/,
  },

  // ── What sample records say ──────────────────────────────────────────────────────────────────
  {
    name: 'a time beyond 2^53',
    damage: more(WILD_PLUS, samplesRecord([1, T + 9000, 1])),
    kept: [...ALL, 'm1@9'],
    told: /1 samples with times beyond/,
    quarantined: [WILD_PLUS],
  },
  {
    name: 'a time before -2^53',
    damage: more(WILD_MINUS, samplesRecord([1, T + 9000, 1])),
    kept: [...ALL, 'm1@9'],
    told: /1 samples with times beyond/,
    quarantined: [WILD_MINUS],
  },
  {
    name: 'a record of a good sample and one of a time beyond 2^53',
    damage: more(HALF_WILD),
    kept: [...ALL, 'm1@7'],
    told: /1 samples with times beyond/,
    quarantined: [HALF_WILD],
  },
  {
    name: 'an exemplar of a time beyond 2^53',
    damage: more(
      Buffer.concat([
        Buffer.from([4]),
        sampleAtRecord(1, 2n ** 62n, 1).subarray(1),
        Buffer.from([0]),
      ]),
    ),
    told: /an exemplar of a time beyond/,
  },
  {
    name: 'a time far in the future does not make the present too old',
    damage: more(sampleAtRecord(1, BigInt(T) + 86_400_000n * 3650n, 1)),
    kept: [...ALL, `m1@${86_400 * 3650}`],
    told: undefined,
  },
  {
    name: 'a time long ago',
    damage: more(sampleAtRecord(1, 1000n, 1)),
    kept: [...ALL, `m1@${(1000 - T) / 1000}`],
    told: undefined,
  },
  {
    name: 'two values of one series at one time: the first one stays',
    damage: more(samplesRecord([1, T + 1000, 7])),
    told: undefined,
    verified: /series 1: .*two values/,
  },
  {
    name: 'a histogram that has too few buckets for its spans',
    damage: more(UNFIT),
    told: /1 histograms with times beyond .* spans unlike their buckets/,
    quarantined: [UNFIT],
  },
  {
    name: 'a histogram whose span stands for 2^32 - 1 buckets',
    damage: more(UNFIT_HUGE),
    told: /1 histograms with times beyond .* spans unlike their buckets/,
    quarantined: [UNFIT_HUGE],
  },
  {
    name: 'a histogram whose count is not that of its buckets',
    damage: more(seriesRecord(named(7, 'm7')), histogramRecord(7, T, 3, 5)),
    kept: [...ALL, 'm7@0'],
    told: undefined,
    verified: /series 7: .*the count is not the sum/,
  },
  {
    name: 'a histogram with a negative bucket',
    damage: more(seriesRecord(named(7, 'm7')), histogramRecord(7, T, 3, -5)),
    kept: [...ALL, 'm7@0'],
    told: undefined,
    verified: /series 7: .*negative count/,
  },
];
