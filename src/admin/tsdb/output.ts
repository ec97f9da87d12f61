// How the tsdb tools print: lines, collected so that a dump of millions of them is not as many
// calls; and tables.

import type { TsdbToolConfig } from '../../base/config/catalogue.ts';
import type { StreamIdentity } from '../../base/model/stream-labels.ts';
import type { Disk } from '../../base/runtime/disk.ts';
import type { BlockAnalysis } from '../../block/analyze.ts';
import type { BlockReader } from '../../block/block-reader.ts';
import type { BlockMeta } from '../../block/meta/format.ts';
import type { SeriesSamples } from '../../block/series-samples.ts';
import type { Finding } from '../../block/verify/findings.ts';
import type { ReplayTally } from '../../head/replay-sink.ts';
import type { MergedSeries } from '../../query/select.ts';
import type { SelectQuery } from '../../query/source.ts';
import type { RecordSink } from '../../wal/record-decoder.ts';
import type { ReplayReport } from '../../wal/replay.ts';
import type { WalVerification } from '../../wal/verify.ts';

const BUFFER_CHARACTERS = 64 * 1024;

/** What the tools need of the stages whose data they look at. */
export interface TsdbAccess {
  readMeta(blockPath: string): BlockMeta;
  /** An open block and its samples; who opens it closes it. */
  openBlock(blockPath: string): { readonly block: BlockReader; readonly samples: SeriesSamples };
  /** Of which stream the directory is, by its name and its stream.json. */
  readStreamIdentity(streamPath: string): StreamIdentity;
  verifyBlock(blockPath: string): readonly Finding[];
  analyzeBlock(blockPath: string): BlockAnalysis;
  replayWal(walPath: string, sink: RecordSink): Promise<ReplayReport>;
  /** Blocks and log of a stream's directory as one; who opens it closes it. */
  openMerged(dir: string, query: SelectQuery): Promise<MergedView>;
  verifyWal(walPath: string): Promise<WalVerification>;
}

/** What a stream's directory holds, blocks and log together. */
export interface MergedView {
  /** Sorted, each sample once; to be gone through once. */
  readonly series: Iterable<MergedSeries>;
  /** Samples that stood in more than one place; complete when all series were seen. */
  readonly doubles: { readonly same: number; readonly other: number };
  /** What reading the log into a head came to. */
  readonly replay: ReplayTally;
  /** What could not be read; complete when all series were seen. */
  readonly warnings: readonly string[];
  close(): void;
}

/** What each tool works with. */
export interface ToolContext {
  readonly disk: Disk;
  readonly access: TsdbAccess;
  readonly config: TsdbToolConfig;
  readonly out: Lines;
  /** For what is not the answer: progress, warnings. */
  readonly err: (line: string) => void;
}

/** Collects lines and hands them on in pieces. Flush at the end. */
export class Lines {
  readonly #write: (text: string) => void;
  #buffer = '';

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  line(text: string): void {
    this.#buffer += `${text}\n`;
    if (this.#buffer.length >= BUFFER_CHARACTERS) this.flush();
  }

  flush(): void {
    if (this.#buffer !== '') this.#write(this.#buffer);
    this.#buffer = '';
  }
}

/** Prints rows under a head, columns aligned and two spaces apart. */
export function printTable(out: Lines, rows: readonly (readonly string[])[]): void {
  const widths: number[] = [];
  for (const row of rows)
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths.at(i) ?? 0, cell.length);
  for (const row of rows)
    out.line(
      row
        .map((cell, i) => cell.padEnd(widths.at(i) ?? 0))
        .join('  ')
        .trimEnd(),
    );
}
