// Deliberate defects: mistakes that this code could have had (some it has had), each as a text that
// is replaced in one source. The simulation must find every one of them: see find-defects.ts.

/** One mistake. */
export interface Defect {
  readonly name: string;
  /** What it would do to a user. */
  readonly harm: string;
  readonly file: string;
  /** Stands once in the file. */
  readonly find: string;
  readonly replace: string;
}

export const DEFECTS: readonly Defect[] = [
  {
    name: 'answer before the sync',
    harm: 'acknowledged samples are lost with the power',
    file: 'src/wal/segment-files.ts',
    find: 'if (last !== undefined && !last.isComplete) await last.file.dataSync();',
    replace: 'if (last !== undefined && !last.isComplete) void last.file.path;',
  },
  {
    name: 'name of a new segment not synced',
    harm: 'a whole segment is lost with the power',
    file: 'src/wal/segment-files.ts',
    find: '    this.#open.push(segment);\n    this.#disk.syncDir(this.#dir);',
    replace: '    this.#open.push(segment);',
  },
  {
    name: 'short write swallowed',
    harm: 'a full disk loses what was acknowledged',
    file: 'src/wal/segment-files.ts',
    find: 'await segment.file.write(run.writer.view(), run.offset);',
    replace: 'await segment.file.write(run.writer.view(), run.offset).catch(() => undefined);',
  },
  {
    name: 'no take-back after a failed sync',
    harm: 'a retry is told that its samples are stored, which only memory has',
    file: 'src/write/stream-commits.ts',
    find: '      this.#stream.head.takeBackAll();',
    replace: '      void this.#stream.head;',
  },
  {
    name: 'go on in the file whose sync failed',
    harm: 'bytes that the kernel has forgotten are acknowledged by the next sync',
    file: 'src/wal/segment-files.ts',
    find: '    this.#open = [];\n    const kept',
    replace: '    if (open.length > 0) return { next, work: async () => [] };\n    const kept',
  },
  {
    name: 'wrong window edge',
    harm: 'the last millisecond of a window is in no block',
    file: 'src/head/windows.ts',
    find: "if (kind === 'scheduled') return { ...range, maxTimeMs: endMs };",
    replace: "if (kind === 'scheduled') return { ...range, maxTimeMs: endMs - 1 };",
  },
  {
    name: 'flush ends at its last sample',
    harm: 'the last sample of a flush is in no block',
    file: 'src/head/windows.ts',
    find: 'maxTimeMs: Math.max(frontierMs, mainMaxTimeMs + 1) };',
    replace: 'maxTimeMs: Math.max(frontierMs, mainMaxTimeMs) };',
  },
  {
    name: 'checkpoint by time',
    harm: 'late samples leave the log before they are in a block',
    file: 'src/engine-thread.ts',
    find: '        coverage.covers(at, timeMs) || adoption.deletes(ref, at, timeMs),',
    replace:
      '        timeMs < head.newestPublishedTimeMs - 10_800_000 || adoption.deletes(ref, at, timeMs),',
  },
  {
    name: 'coverage without the position',
    harm: 'after a restart, late samples of a window that was cut are missing',
    file: 'src/wal/coverage.ts',
    find: '    comparePositions(at, range.position) < 0',
    replace: '    comparePositions(at, range.position) < Number.POSITIVE_INFINITY',
  },
  {
    name: 'position of the log instead of what is published',
    harm: 'samples that were synced during a cut are taken to be in its block',
    file: 'src/engine-thread.ts',
    find: '    const position = this.#publishedTo(stream);',
    replace: '    const position = stream.log.position();',
  },
  {
    name: 'head forgets although the cut failed',
    harm: 'samples are in no block, and only a restart brings them back',
    file: 'src/head/cut-loop.ts',
    find: "await engine.closeCut(work, outcome !== 'failed', block?.ulid);",
    replace: 'await engine.closeCut(work, true, block?.ulid);',
  },
  {
    name: 'name of a block not synced',
    harm: 'a block is lost with the power, and its samples left the log',
    file: 'src/block/block-writer.ts',
    find: '    this.#disk.rename(this.#tmpDir, dir);\n    try {\n      this.#disk.syncDir(this.#dir);',
    replace: '    this.#disk.rename(this.#tmpDir, dir);\n    try {\n      void this.#dir;',
  },
  {
    name: 'local retention without a look at the bucket',
    harm: 'a block leaves the disk before it is uploaded',
    file: 'src/bucket/plan-local.ts',
    find: '(hasBucket ? uploaded.has(block.ulid) : !block.isForeign)',
    replace: '(hasBucket ? uploaded.has(block.ulid) || true : !block.isForeign)',
  },
  {
    name: 'what a killed process wrote is believed unsynced',
    harm: 'a retry after a kill is told that its samples are stored; the power takes them',
    file: 'src/wal/open-log.ts',
    find: 'const refused = syncSegments(disk, dir);',
    replace: 'void syncSegments;const refused = [].at(0) as { message: string } | undefined;',
  },
  {
    name: 'the oldest checkpoint is read',
    harm: 'a crash while a checkpoint is replaced loses what only the newer one has',
    file: 'src/wal/replay.ts',
    find: 'const checkpoint = checkpoints.at(-1);',
    replace: 'const checkpoint = checkpoints.at(0);',
  },
  {
    name: 'the same sample again is stored again',
    harm: 'a retry doubles samples',
    file: 'src/head/admission.ts',
    find: '      return same ? ALREADY_STORED : DUPLICATE;\n    }\n    if (timeMs < this.#tooOldBeforeMs) return TOO_OLD;',
    replace:
      '      if (same) this.#pushFloat(slot, timeMs, low, high);\n      return same ? ADMITTED : DUPLICATE;\n    }\n    if (timeMs < this.#tooOldBeforeMs) return TOO_OLD;',
  },
  {
    name: 'late chunks are not read',
    harm: 'late samples are missing from answers until they are cut',
    file: 'src/head/read-collector.ts',
    find: '    this.#takeLane(view.getUint32(at + series.LATE_CHUNKS, true), true);',
    replace: '',
  },
  {
    name: 'freed memory is used again at once',
    harm: 'a block that is being cut gets the bytes of other chunks',
    file: 'src/base/bytes/epochs.ts',
    find: '    this.#open.push(epoch);',
    replace: '    this.#open.splice(0, this.#open.length);',
  },
  {
    name: 'an upload that was cut off is taken for whole',
    harm: 'a block without its chunks counts as uploaded, and leaves the disk',
    file: 'src/bucket/upload.ts',
    find: '    const answer = await this.#bucket.put(wanted.key, source, call);',
    replace:
      '    const put = this.#bucket.put(wanted.key, source, call);\n    const answer = (await put.catch(() => undefined)) ?? { crc32c: undefined };\n    if (source.sizeBytes >= 0) return;',
  },
  {
    name: 'a block that the store did not take counts as uploaded',
    harm: 'its local copy leaves the disk, and it is nowhere',
    file: 'src/bucket/ship-block.ts',
    find: "isOfTheStore(error) ? 'store away' : 'refused'",
    replace: "isOfTheStore(error) ? 'found' : 'refused'",
  },
  {
    name: 'segments go before their checkpoint is there',
    harm: 'a crash in between loses what the checkpoint was to keep',
    file: 'src/wal/checkpoint.ts',
    find: '    await writer.publish();',
    replace: '    removeBelow(disk, dir, through);\n    await writer.publish();',
  },
];
