// What a process does, seen from outside: new names in its directories, files that it has open. So
// a kill can meet it in the middle of something.

import { existsSync, type FSWatcher, readdirSync, readlinkSync, watch } from 'node:fs';
import { join } from 'node:path';

/** What a new name says. */
export type DiskEvent = 'segment' | 'checkpoint' | 'block begun' | 'object begun';

export interface WatchOptions {
  readonly tsdbDir: string;
  readonly bucketDir: string;
  readonly onEvent: (event: DiskEvent) => void;
}

/** Watches the directories that are there now; close it. */
export class DiskWatch {
  readonly #watchers: FSWatcher[] = [];

  constructor({ tsdbDir, bucketDir, onEvent }: WatchOptions) {
    const seen = new Set<string>();
    const look = (dir: string, eventOf: (name: string) => DiskEvent | undefined): void => {
      if (!existsSync(dir)) return;
      const watcher = watch(dir, (_, name) => {
        const event = name === null ? undefined : eventOf(name);
        const path = join(dir, name ?? '');
        if (event === undefined || seen.has(path)) return;
        seen.add(path);
        onEvent(event);
      });
      this.#watchers.push(watcher);
    };
    for (const dir of streamDirs(tsdbDir)) {
      look(dir, (name) => (name.endsWith('.tmp-for-creation') ? 'block begun' : undefined));
      look(join(dir, 'wal'), (name) => {
        if (name.startsWith('checkpoint')) return 'checkpoint';
        return /^\d{8}$/.test(name) ? 'segment' : undefined;
      });
    }
    look(bucketDir, () => 'object begun');
  }

  close(): void {
    for (const watcher of this.#watchers) watcher.close();
  }
}

/** The directories of the tenants' streams, without Varve's own. */
export function streamDirs(tsdbDir: string): readonly string[] {
  if (!existsSync(tsdbDir)) return [];
  return readdirSync(tsdbDir)
    .filter((name) => !name.startsWith('.') && name.split('@')[0] !== 'varve')
    .map((name) => join(tsdbDir, name));
}

/** Whether the process has a segment of a write-ahead log open: before it is ready, it replays. */
export function hasLogOpen(pid: number): boolean {
  const dir = `/proc/${pid}/fd`;
  try {
    return readdirSync(dir).some((fd) => /\/wal\/\S*\d{8}$/.test(linkOf(join(dir, fd))));
  } catch {
    return false; // it has ended
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return ''; // closed meanwhile
  }
}

/** What a killed process left half done, as paths. */
export interface Remains {
  /** Blocks being written. */
  readonly blocks: readonly string[];
  /** Checkpoints being written. */
  readonly checkpoints: readonly string[];
  /** Blocks in the bucket that have no meta.json yet. */
  readonly uploads: readonly string[];
}

/** Looks for what is half done. */
export function remainsIn(tsdbDir: string, bucketDir: string): Remains {
  const paths = (dir: string): string[] =>
    existsSync(dir) ? readdirSync(dir).map((name) => join(dir, name)) : [];
  const streams = streamDirs(tsdbDir);
  const inStreams = streams.flatMap(paths);
  const inLogs = streams.flatMap((dir) => paths(join(dir, 'wal')));
  const isUnfinished = (path: string): boolean =>
    /\/[0-9A-Z]{26}$/.test(path) && !existsSync(join(path, 'meta.json'));
  return {
    blocks: inStreams.filter((path) => path.endsWith('.tmp-for-creation')),
    checkpoints: inLogs.filter((path) => /checkpoint\.\d+\.tmp$/.test(path)),
    uploads: paths(bucketDir).filter(isUnfinished),
  };
}
