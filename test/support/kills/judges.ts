// Other judges of what a campaign left: `varve tsdb verify`, and Debian's promtool, whose dump is a
// merged view that nothing of Varve's has a part in.

import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { PROMTOOL } from '../e2e/peers.ts';
import { type BlockOnDisk, blocksIn, LAUNCH } from '../e2e/varve-process.ts';
import { floatBits } from '../expected-bits.ts';
import type { Fleet } from './fleet.ts';
import type { SampleTable } from './sample-table.ts';

/** What `varve tsdb verify` prints of these directories, and whether it found nothing. */
export function verifyDirs(dirs: readonly string[]): {
  readonly isClean: boolean;
  readonly text: string;
} {
  const args = [LAUNCH, 'tsdb', 'verify', ...dirs];
  const options = { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, args, options);
  return { isClean: status === 0, text: (stdout + stderr).trim() };
}

/** What promtool made of the blocks of a bucket. */
export interface PromtoolView {
  streams: number;
  blocks: number;
  /** Float samples in the merged view, each line of the dump. */
  samples: number;
  /** A time of a series that was there before, or a series that comes twice. */
  doubled: number;
  changed: number;
  /** Acknowledged float samples that are not in it. */
  lost: number;
}

export interface PromtoolOptions {
  readonly bucketDir: string;
  /** For copies; the streams one after the other. */
  readonly scratch: string;
  readonly fleet: Fleet;
  readonly table: SampleTable;
}

/** Has promtool list, analyze and dump the blocks of each stream, as one data directory. */
export async function askPromtool(options: PromtoolOptions): Promise<PromtoolView> {
  const view = { streams: 0, blocks: 0, samples: 0, doubled: 0, changed: 0, lost: 0 };
  const streams = new Map<string, BlockOnDisk[]>();
  for (const block of blocksIn(options.bucketDir)) {
    if (block.labels.tenant_id === 'varve') continue;
    const key = JSON.stringify(block.labels);
    streams.set(key, [...(streams.get(key) ?? []), block]);
  }
  const found = new Uint8Array(options.table.capacity);
  for (const blocks of streams.values()) {
    view.streams++;
    view.blocks += blocks.length;
    const dir = join(options.scratch, `promtool-${view.streams}`);
    mkdirSync(join(dir, 'wal'), { recursive: true });
    for (const block of blocks) cpSync(block.dir, join(dir, block.ulid), { recursive: true });
    listAndAnalyze(dir, blocks);
    await readDump(dir, options, view, found);
    rmSync(dir, { recursive: true });
  }
  for (let slot = 0; slot < options.table.capacity; slot++) {
    const sample = options.table.at(slot);
    if (sample?.isAcknowledged !== true || found[slot] === 1) continue;
    if (options.fleet.get(sample.series)?.kind === 'float') view.lost++;
  }
  return view;
}

/** Throws when promtool does not know one of the blocks, or cannot analyze the first and last. */
function listAndAnalyze(dir: string, blocks: readonly BlockOnDisk[]): void {
  const list = execFileSync(PROMTOOL, ['tsdb', 'list', dir], { encoding: 'utf8' });
  for (const { ulid } of blocks)
    if (!list.includes(ulid)) throw new Error(`promtool does not list ${ulid}: ${list}`);
  for (const block of [blocks[0], blocks.at(-1)]) {
    if (block === undefined) continue;
    const args = ['tsdb', 'analyze', dir, block.ulid];
    const text = execFileSync(PROMTOOL, args, { encoding: 'utf8' });
    if (!text.includes(`Block ID: ${block.ulid}`)) throw new Error(`promtool analyze: ${text}`);
  }
}

async function readDump(
  dir: string,
  { fleet, table }: PromtoolOptions,
  view: PromtoolView,
  found: Uint8Array,
): Promise<void> {
  const child = spawn(PROMTOOL, ['tsdb', 'dump', dir], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const lines = createInterface({ input: child.stdout, crlfDelay: Number.POSITIVE_INFINITY });
  const bits = { low: 0, high: 0 };
  for await (const line of lines) {
    const end = line.lastIndexOf('}') + 1;
    const id = Number(/\bid="(\d+)"/.exec(line.slice(0, end))?.[1]);
    const [value = '', time = ''] = line.slice(end + 1).split(' ');
    // Debian's dump is older than histograms; whatever it prints of them is not looked at.
    if (fleet.get(id)?.kind !== 'float') continue;
    view.samples++;
    const slot = table.find(id, Number(time));
    if (slot < 0 || found[slot] === 1) view.doubled++;
    if (slot >= 0) found[slot] = 1;
    floatBits(id, Number(time), bits);
    if (!Object.is(doubleOf(bits), goNumber(value))) view.changed++;
  }
  const code = await ended;
  if (code !== 0) throw new Error(`promtool tsdb dump: ${code}`);
}

const cell = new DataView(new ArrayBuffer(8));

function doubleOf({ low, high }: { readonly low: number; readonly high: number }): number {
  cell.setUint32(0, high);
  cell.setUint32(4, low);
  return cell.getFloat64(0);
}

/** A number as Go prints it. */
function goNumber(text: string): number {
  if (text === '+Inf') return Number.POSITIVE_INFINITY;
  return text === '-Inf' ? Number.NEGATIVE_INFINITY : Number(text);
}
