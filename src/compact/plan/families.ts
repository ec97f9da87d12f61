// The blocks of a bucket by what compaction, downsampling and retention go by: a family has the
// same labels (replica labels removed), a layer of it one resolution.
//
// Invariant: a layer's blocks are in the order of time, whatever order the view had.

import { hash } from 'node:crypto';
import type { Labels } from '../../base/model/labels.ts';
import type { ViewedBlock } from '../../bucket/block-view.ts';
import type { CompactionGroup } from '../planned-job.ts';
import { isSetAside } from './soundness.ts';
import { SourceHolders } from './superseded.ts';

/** Milliseconds of an aggregate's window; raw samples have none. */
export const RAW_MS = 0;
export const FIVE_MINUTES_MS = 300_000;
export const ONE_HOUR_MS = 3_600_000;

/** The blocks of one resolution in a family: a compaction group. */
export interface Layer {
  readonly group: CompactionGroup;
  /** By min time, max time, ULID. */
  readonly blocks: readonly ViewedBlock[];
  /** Those of `blocks` that hold this source and are sound. */
  readonly holdersOf: (source: string) => readonly ViewedBlock[];
}

/** All blocks of the same labels. */
export interface Family {
  readonly labels: Labels;
  readonly raw: Layer;
  readonly fiveMinutes: Layer;
  readonly oneHour: Layer;
}

/** Is this one of the resolutions that there are? */
export function isKnownResolution(resolutionMs: number): boolean {
  return (
    resolutionMs === RAW_MS || resolutionMs === FIVE_MINUTES_MS || resolutionMs === ONE_HOUR_MS
  );
}

/** The layers of a family, the finest first. */
export function layersOf({ raw, fiveMinutes, oneHour }: Family): readonly Layer[] {
  return [raw, fiveMinutes, oneHour];
}

/** The blocks by family, in the order of the groups' keys; unknown resolutions are left out. */
export function familiesOf(
  blocks: readonly ViewedBlock[],
  replicaLabels: readonly string[],
): readonly Family[] {
  const found = new Map<string, { labels: Labels; blocks: ViewedBlock[] }>();
  const replica = new Set(replicaLabels);
  for (const block of blocks) {
    if (!isKnownResolution(block.resolutionMs)) continue;
    const labels = withoutReplicas(block.labels, replica);
    const name = nameOf(labels);
    const known = found.get(name);
    if (known === undefined) found.set(name, { labels, blocks: [block] });
    else known.blocks.push(block);
  }
  return [...found]
    .map(([name, { labels, blocks }]) => familyOf(labels, digestOf(name), blocks))
    .sort((a, b) => (a.raw.group.key < b.raw.group.key ? -1 : 1));
}

/** The key of the group that blocks of these labels and this resolution are in. */
export function groupKeyOf(
  { labels, resolutionMs }: Pick<ViewedBlock, 'labels' | 'resolutionMs'>,
  replicaLabels: readonly string[],
): string {
  const ours = withoutReplicas(labels, new Set(replicaLabels));
  return groupKey(resolutionMs, digestOf(nameOf(ours)));
}

function withoutReplicas(labels: Labels, replica: ReadonlySet<string>): Labels {
  return labels.filter(({ name }) => !replica.has(name));
}

function groupKey(resolutionMs: number, digest: string): string {
  return `${resolutionMs}@${digest}`;
}

/** One text for one label set: with lengths, so that no two sets can have the same. */
function nameOf(labels: Labels): string {
  let text = '';
  for (const { name, value } of labels) text += `${name.length}:${name}${value.length}:${value}`;
  return text;
}

function familyOf(labels: Labels, digest: string, blocks: readonly ViewedBlock[]): Family {
  const layer = (resolutionMs: number): Layer => {
    const ours = blocks.filter((block) => block.resolutionMs === resolutionMs);
    return layerOf({ key: groupKey(resolutionMs, digest), labels, resolutionMs }, ours);
  };
  return {
    labels,
    raw: layer(RAW_MS),
    fiveMinutes: layer(FIVE_MINUTES_MS),
    oneHour: layer(ONE_HOUR_MS),
  };
}

/** A family of those of its blocks that `keeps` names. */
export function familyWith(family: Family, keeps: (block: ViewedBlock) => boolean): Family {
  const some = (layer: Layer): Layer => {
    const kept = layer.blocks.filter(keeps);
    return kept.length === layer.blocks.length ? layer : layerOf(layer.group, kept);
  };
  return {
    labels: family.labels,
    raw: some(family.raw),
    fiveMinutes: some(family.fiveMinutes),
    oneHour: some(family.oneHour),
  };
}

function layerOf(group: CompactionGroup, blocks: ViewedBlock[]): Layer {
  const sorted = blocks.sort(byTime);
  let holders: SourceHolders | undefined; // most layers are never asked
  const holdersOf = (source: string): readonly ViewedBlock[] => {
    holders ??= new SourceHolders(sorted.filter((block) => !isSetAside(block)));
    return holders.of(source);
  };
  return { group, blocks: sorted, holdersOf };
}

/** By min time, max time, ULID. */
export function byTime(a: ViewedBlock, b: ViewedBlock): number {
  return a.minTimeMs - b.minTimeMs || a.maxTimeMs - b.maxTimeMs || (a.ulid < b.ulid ? -1 : 1);
}

/** 128 bits of a text, for names: labels come from outside, nobody may make two of them meet. */
export function digestOf(text: string): string {
  return hash('sha256', text, 'hex').slice(0, 32);
}
