// Ships synced bytes of the logs to the bucket, a piece a round: docs/design/0007-wal-archive.md.
//
// Invariants: only bytes that were fdatasynced leave; a piece is never overwritten; a piece goes
// only after what it holds is in later pieces, or in blocks that were verified in the bucket, and
// after a piece that says so; pieces, too, are looked at in the bucket. Nothing here holds up
// ingest or the truncation of a log: a file that goes while it is read costs its stream a round,
// and what is on disk then is planned anew.

import { asVarveError, type VarveError } from '../../base/errors/varve-error.ts';
import type { Labels } from '../../base/model/labels.ts';
import { OWN_TENANT } from '../../base/model/tenant.ts';
import { LimitedLog } from '../../base/observe/limited-log.ts';
import type { Clock } from '../../base/runtime/clock.ts';
import { originFile, streamFile, walDir } from '../../block/paths.ts';
import { archivePieceKey } from '../../bucket/layout.ts';
import { readLogId } from '../log-id.ts';
import {
  type ArchivedBlock,
  type PieceHeader,
  type PieceStream,
  printPieceHead,
} from './format.ts';
import { bytesOf, lookAtLog } from './local-log.ts';
import {
  archiveIsOthers,
  type OpenArchiveOptions,
  type OpenedArchive,
  openArchive,
  randomName,
} from './open-archive.ts';
import { PieceShelf } from './piece-shelf.ts';
import { crcOfRange, type FileRange, wholePiece } from './piece-source.ts';
import { isSent, planStream, type StreamPlan } from './plan.ts';
import { headerInPlace, putPiece, type VerifyPut } from './put-piece.ts';
import { rangeOf } from './range-of.ts';
import { writeArchiveState } from './state-file.ts';
import {
  newState,
  noteSent,
  noteWhole,
  prepare,
  restart,
  type StreamLook,
  type StreamState,
  settle,
} from './stream-state.ts';
import type { SyncedStream } from './synced-stream.ts';

/** A piece ends before it would be larger, headers aside. */
export const PIECE_BYTES_MAX = 64 * 1024 * 1024;
/** Own metrics ride with others' pieces; alone they wait until there is so much of them. */
const OWN_BYTES_MAX = 8 * 1024 * 1024;
/** After it is known that the archive is another's, the bucket is asked again so seldom. */
const ASK_AGAIN_MS = 300_000;

/** The blocks of a stream's directory, as the archive wants to know them. */
export interface StreamBlocks {
  /** What they carry. */
  readonly labels: Labels;
  /** Those that were cut from the stream's log. */
  readonly cut: readonly ArchivedBlock[];
  readonly areUploaded: boolean;
  /** Those that another made are in the bucket. */
  readonly foreignAreUploaded: boolean;
}

export interface ArchiverOptions extends OpenArchiveOptions {
  readonly clock: Clock;
  /** Asked for each stream in each round: which blocks are there, which of them in the bucket. */
  readonly blocksOf: (stream: SyncedStream) => StreamBlocks;
  readonly verifyPut: VerifyPut;
  /** PIECE_BYTES_MAX by default. */
  readonly pieceBytesMax?: number;
  /** Pieces that are held before the streams that hold them are sent anew. */
  readonly piecesMax: number;
}

/** What a round did. */
export interface ArchiveRound {
  readonly pieces: number;
  readonly bytes: number;
  /** Synced bytes, and checkpoints that are due, which are not in the bucket yet. */
  readonly waitingBytes: number;
  /** Another round should follow at once. */
  readonly more: boolean;
}

interface Looked {
  readonly stream: SyncedStream;
  readonly state: StreamState;
  readonly look: StreamLook;
  readonly blocks: StreamBlocks;
}

interface Planned extends Looked {
  readonly plan: StreamPlan;
}

/** What a piece says of a stream, and where the bytes of that are. */
interface Described {
  readonly stream: PieceStream;
  readonly ranges: readonly FileRange[];
}

export class Archiver {
  readonly #options: ArchiverOptions;
  readonly #log: LimitedLog;
  /** This process, among those that may have run in the directory. */
  readonly #writer: string;
  #opened: OpenedArchive | undefined;
  #shelf: PieceShelf | undefined;
  #othersUntilMs = Number.NEGATIVE_INFINITY;
  #othersError: VarveError | undefined;
  #storedByThisProcess = 0;
  /** The last piece came over damaged. */
  #wasDamaged = false;

  constructor(options: ArchiverOptions) {
    this.#options = options;
    this.#log = new LimitedLog(options.logger, options.clock);
    this.#writer = randomName(options.random);
  }

  /** Pieces in the bucket and their bytes, older epochs included. */
  get held(): { readonly pieces: number; readonly bytes: number } {
    return this.#shelf?.held ?? { pieces: 0, bytes: 0 };
  }

  /** At most one piece. Throws what store and disk throw; then nothing is taken for sent. */
  async round(streams: readonly SyncedStream[]): Promise<ArchiveRound> {
    const opened = await this.#open();
    const looked = streams.flatMap((stream) => this.#look(opened, stream));
    this.#sendAnewWhatHoldsMuch(looked);
    const planned = this.#plan(looked);
    const waitingBytes = planned.reduce((sum, { plan }) => sum + plan.waitingBytes, 0);
    const sending = planned.filter(({ plan, state }) => {
      return plan.parts.length > 0 || plan.base !== state.base;
    });
    if (!isWorthAPiece(sending)) {
      await this.#tidy(opened, planned);
      return { pieces: 0, bytes: 0, waitingBytes: 0, more: false };
    }
    const bytes = await this.#send(opened, sending);
    if (bytes === undefined) return { pieces: 0, bytes: 0, waitingBytes, more: true };
    await this.#tidy(opened, planned);
    const left = sending.filter(({ plan, state }) => !isSent(plan, state));
    const leftBytes = left.reduce((sum, { plan }) => sum + plan.bytes, 0);
    const more = bytes > 0 && waitingBytes > 0;
    return { pieces: bytes > 0 ? 1 : 0, bytes, waitingBytes: waitingBytes + leftBytes, more };
  }

  async #open(): Promise<OpenedArchive> {
    if (this.#opened !== undefined) return this.#opened;
    const { clock } = this.#options;
    if (this.#othersError !== undefined && clock.monotonicMs() < this.#othersUntilMs)
      throw this.#othersError;
    try {
      const opened = await openArchive(this.#options);
      this.#shelf = new PieceShelf(opened);
      this.#opened = opened;
      const { epoch, name, sequence } = opened.state;
      this.#options.logger.info('WAL archive opened', { name, epoch, sequence });
      return opened;
    } catch (thrown) {
      this.#noteOthers(asVarveError(thrown));
      throw thrown;
    }
  }

  /** Nothing is written any more, until a look into the bucket finds that it may be. */
  #noteOthers(error: VarveError): void {
    if (error.code !== 'locked') return;
    this.#opened = undefined;
    this.#othersError = error;
    this.#othersUntilMs = this.#options.clock.monotonicMs() + ASK_AGAIN_MS;
  }

  /** Empty when the stream cannot be looked at just now: what was sent of it stays. */
  #look({ state: archive }: OpenedArchive, stream: SyncedStream): Looked[] {
    try {
      // First the log: a checkpoint that is seen relies on blocks that are seen then.
      const log = lookAtLog(this.#options.disk, walDir(stream.dir));
      const blocks = this.#options.blocksOf(stream);
      const look: StreamLook = {
        log,
        synced: stream.synced,
        blocks: blocks.cut,
        blocksAreUploaded: blocks.areUploaded,
      };
      let state = archive.streams.find(({ name }) => name === stream.name);
      if (state === undefined) {
        state = newState(stream.name);
        archive.streams.push(state);
      }
      prepare(state, look);
      return [{ stream, state, look, blocks }];
    } catch (thrown) {
      this.#tellStream(stream, thrown);
      return [];
    }
  }

  /**
   * A stream that nobody writes to has its only copy in old pieces, and for it all pieces since
   * then would stay. When that becomes more than the logs are worth, it is sent anew.
   */
  #sendAnewWhatHoldsMuch(looked: readonly Looked[]): void {
    const liveBytes = looked.reduce((sum, { look }) => sum + bytesOf(look.log), 0);
    const maxBytes = 2 * liveBytes + PIECE_BYTES_MAX;
    if (this.held.pieces <= this.#options.piecesMax && this.held.bytes <= maxBytes) return;
    for (const { look, state } of looked) {
      if (!state.isSettled || !look.blocksAreUploaded) continue;
      const held = this.#shelf?.heldFor(state);
      if (held !== undefined && (held.pieces > this.#options.piecesMax || held.bytes > maxBytes))
        restart(state, look);
    }
  }

  #plan(looked: readonly Looked[]): readonly Planned[] {
    let room = this.#options.pieceBytesMax ?? PIECE_BYTES_MAX;
    return looked.map((one) => {
      const plan = planStream(one.state, one.look, room);
      room -= plan.bytes;
      return { ...one, plan };
    });
  }

  /** The piece's size; undefined when it is not in the bucket, and is to be sent once more. */
  async #send(opened: OpenedArchive, wanted: readonly Planned[]): Promise<number | undefined> {
    const { disk, tsdbPath } = this.#options;
    const { state } = opened;
    const described: (Described & { readonly from: Planned })[] = [];
    for (const from of wanted) {
      const one = await this.#describe(from);
      if (one !== undefined) described.push({ ...one, from });
    }
    if (described.length === 0) return 0;
    const sending = described.map(({ from }) => from);
    const ranges = described.flatMap((one) => one.ranges);
    const streams = described.map(({ stream }) => stream);
    const sequence = state.sequence + 1;
    const head = printPieceHead(this.#header(opened, sequence, streams));
    const piece = await wholePiece(disk, head, ranges);
    const { sizeBytes } = piece.source;
    const key = archivePieceKey(state.name, state.epoch, sequence);
    const outcome = await putPiece(this.#options, key, piece);
    if (outcome.kind === 'taken') {
      await this.#passOver(opened, key);
      return undefined;
    }
    this.#storedByThisProcess++;
    state.sequence = sequence;
    const stored = { key, epoch: state.epoch, sequence, sizeBytes };
    if (outcome.kind === 'damaged') {
      this.#shelf?.addDamaged(stored);
      this.#sendAgain(key, outcome.error);
      return undefined;
    }
    this.#wasDamaged = false;
    this.#shelf?.add(stored);
    for (const { look, plan, state: stream } of sending) {
      noteSent(stream, { ...plan, sequence });
      noteWhole(stream, look);
    }
    writeArchiveState(disk, tsdbPath, state);
    return sizeBytes;
  }

  /**
   * Of what came over damaged nothing is noted, so it goes into the next piece: at once, and after
   * two in a row with the next round. The damaged one stays, for what of it can be read, until it
   * is old.
   */
  #sendAgain(key: string, error: VarveError): void {
    const wasDamaged = this.#wasDamaged;
    this.#wasDamaged = !wasDamaged;
    if (wasDamaged) throw error;
    const message = 'a piece of the WAL archive came over damaged; it is sent again as the next';
    this.#options.logger.error(message, { key, error: error.message });
  }

  /** Undefined when the disk does not give it: a file has gone, say, and it is planned anew. */
  async #describe(planned: Planned): Promise<Described | undefined> {
    try {
      return await this.#read(planned);
    } catch (thrown) {
      this.#tellStream(planned.stream, thrown);
      return undefined;
    }
  }

  async #read({ blocks, plan, state, stream }: Planned): Promise<Described> {
    const { disk } = this.#options;
    const ranges: FileRange[] = [];
    const parts: PieceStream['parts'] = [];
    for (const part of plan.parts) {
      const range = rangeOf(walDir(stream.dir), part);
      parts.push({ ...part, crc32c: await crcOfRange(disk, range) });
      ranges.push(range);
    }
    const hasLifted = stream.identity.lifted.length > 0;
    const text = (path: string): string => Buffer.from(disk.readFile(path)).toString('utf8');
    const piece: PieceStream = {
      name: stream.name,
      labels: blocks.labels.map(({ name, value }): [string, string] => [name, value]),
      ...(hasLifted ? { streamFile: text(streamFile(stream.dir)) } : {}),
      origin: text(originFile(stream.dir)),
      base: plan.base,
      ...(plan.checkpoint === undefined ? {} : { checkpoint: plan.checkpoint }),
      foreignUploaded: blocks.foreignAreUploaded,
      blocks: state.blocks.filter(({ segment }) => segment > plan.base),
      parts,
    };
    return { stream: piece, ranges };
  }

  #tellStream({ name }: SyncedStream, thrown: unknown): void {
    const { code, message } = asVarveError(thrown);
    const fields = { stream: name, code, error: message };
    this.#log.error(name, 'stream not archived, tried again', fields);
  }

  #header({ state }: OpenedArchive, sequence: number, streams: PieceStream[]): PieceHeader {
    const { epoch, instance, name } = state;
    const { clock, disk, tsdbPath } = this.#options;
    const createdMs = clock.nowMs();
    const log = readLogId(disk, tsdbPath);
    return {
      version: 1,
      name,
      epoch,
      sequence,
      instance,
      writer: this.#writer,
      ...(log === undefined ? {} : { log }),
      createdMs,
      streams,
    };
  }

  /**
   * There is a piece where ours should go. It may be ours, its answer lost: then the next number is
   * taken, and what it holds is sent twice. Another's ends the archiving.
   */
  async #passOver({ state }: OpenedArchive, key: string): Promise<void> {
    const header = await headerInPlace(this.#options, key);
    if (header === undefined) {
      state.sequence++;
      return;
    }
    const isOfBefore = header.instance === state.instance && this.#storedByThisProcess === 0;
    if (header.writer !== this.#writer && !isOfBefore) {
      const error = archiveIsOthers(state.name, 'is written by another process, too');
      this.#noteOthers(error);
      throw error;
    }
    state.sequence = header.sequence;
    const { epoch, sequence } = header;
    this.#shelf?.add({ key, epoch, sequence, sizeBytes: 0 });
  }

  /** Settles what is all sent, and removes the pieces that nobody needs. */
  async #tidy(opened: OpenedArchive, planned: readonly Planned[]): Promise<void> {
    const { bucket, disk, tsdbPath } = this.#options;
    const { state } = opened;
    for (const { look, plan, state: stream } of planned)
      if (plan.waitingBytes === 0 && isSent(plan, stream)) settle(stream, look);
    // A stream whose directory is gone holds nothing any more.
    state.streams = state.streams.filter(
      ({ name }) =>
        planned.some(({ stream }) => stream.name === name) ||
        disk.stat(`${tsdbPath}/${name}`) !== undefined,
    );
    const doomed = this.#shelf?.removable(state) ?? [];
    if (doomed.length === 0) return;
    writeArchiveState(disk, tsdbPath, state);
    for (const piece of doomed) {
      try {
        await bucket.delete(piece.key);
        this.#shelf?.remove(piece);
      } catch (thrown) {
        const { code, message } = asVarveError(thrown);
        const fields = { key: piece.key, code, error: message };
        this.#log.warn('remove', 'piece of the WAL archive not removed, tried again', fields);
        return;
      }
    }
  }
}

function isWorthAPiece(sending: readonly Planned[]): boolean {
  const isOwn = ({ stream }: Planned): boolean => stream.identity.tenant === OWN_TENANT;
  if (!sending.every(isOwn)) return true;
  return sending.reduce((sum, { plan }) => sum + plan.bytes, 0) > OWN_BYTES_MAX;
}
