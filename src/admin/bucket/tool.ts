// What the bucket tools work with, and what they need of the stages whose data they look at.

import type { MatcherText } from '../../base/config/matcher-text.ts';
import type { Labels } from '../../base/model/labels.ts';
import type { Clock } from '../../base/runtime/clock.ts';
import type { Timers } from '../../base/runtime/timers.ts';
import type { BlockMeta } from '../../block/meta/format.ts';
import type { Finding } from '../../block/verify/findings.ts';
import type { StoredBlock, StoredVerification } from '../../block/verify-stored.ts';
import type { BlockListing } from '../../bucket/block-record.ts';
import type { Bucket, BucketReader, CallOptions } from '../../bucket/bucket.ts';
import type { CopyPlace, CopyReport } from '../../bucket/copy-block.ts';
import type { LocalBlock } from '../../bucket/local-block.ts';
import type { UploadsUnder } from '../../bucket/stale-uploads.ts';
import type { UploadReport } from '../../bucket/upload.ts';
import type { Lines } from '../tsdb/output.ts';
import type { Progress } from './progress.ts';
import type { WorkDir } from './work-dir.ts';

/** What the tools need of other stages. */
export interface BucketAccess {
  listBlocks(bucket: BucketReader, options: CallOptions): AsyncIterable<BlockListing>;
  listBlock(bucket: BucketReader, ulid: string, options: CallOptions): Promise<BlockListing>;
  /** Parses a meta.json; `where` names it in errors. */
  parseMeta(bytes: Uint8Array, where: string): BlockMeta;
  /** meta.json on one line, with the JSON text `extra` under the key `bucket`. */
  metaLine(meta: BlockMeta, extra: string): string;
  /** Verifies a block, with its files fetched into `workDir`. */
  verifyStored(block: StoredBlock, workDir: string): Promise<StoredVerification>;
  /** A directory of its own below `parent`; what is returned removes it. */
  makeWorkDir(parent: string): WorkDir;
  deleteBlock(bucket: Bucket, ulid: string, options: CallOptions): Promise<void>;
  deletePartial(bucket: Bucket, seen: BlockListing, options: CallOptions): Promise<boolean>;
  /** By prefix what was begun and not ended, and has or has not moved since `beforeMs`. */
  unfinishedUploads(
    bucket: BucketReader,
    beforeMs: number,
    options: CallOptions,
  ): Promise<ReadonlyMap<string, UploadsUnder>>;
  copyBlock(ulid: string, place: Omit<CopyPlace, 'readNotes'>): Promise<CopyReport>;
  /** Do the labels of a block match? `bad_parameter` for a pattern that is none. */
  compileMatchers(matchers: readonly MatcherText[]): (labels: Labels) => boolean;
  /** The blocks in a local directory; those that are none are told to `onDamaged`. */
  localBlocks(
    dir: string,
    labels: Labels,
    onDamaged: (path: string, error: Error) => void,
  ): readonly LocalToUpload[];
  verifyLocal(dir: string): readonly Finding[];
  uploadBlock(bucket: Bucket, block: LocalBlock, options: CallOptions): Promise<UploadReport>;
}

/** A local block, and what decides whether it is uploaded. */
export interface LocalToUpload {
  readonly block: LocalBlock;
  readonly meta: BlockMeta;
}

/** What each command works with. */
export interface BucketTool<Config> {
  readonly bucket: Bucket;
  readonly config: Config;
  readonly access: BucketAccess;
  readonly clock: Clock;
  readonly timers: Timers;
  /** The answer. */
  readonly out: Lines;
  /** For what is not the answer: warnings, what failed. */
  readonly err: (line: string) => void;
  readonly progress: Progress;
  /** Fires when the command is to end early. */
  readonly signal: AbortSignal;
}

/** Writes a line now: for commands that take long, whose reader waits for it. */
export function say({ out }: Pick<BucketTool<unknown>, 'out'>, line: string): void {
  out.line(line);
  out.flush();
}

/** The tool with a signal that also fires after `timeoutMs`; call `end` when the work is done. */
export function withTimeout<Config>(
  tool: BucketTool<Config>,
  timeoutMs: number,
  failure: () => Error,
): { readonly tool: BucketTool<Config>; end(): void } {
  const late = new AbortController();
  const end = tool.timers.after(timeoutMs, () => late.abort(failure()));
  return { tool: { ...tool, signal: AbortSignal.any([tool.signal, late.signal]) }, end };
}
