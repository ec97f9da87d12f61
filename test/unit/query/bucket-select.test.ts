// A select over blocks that come and go, from a bucket that is a table: which ones are opened, where
// the answer goes on, and when it gives up.

import { describe, expect, it } from 'vitest';
import { VarveError } from '../../../src/base/errors/varve-error.ts';
import { labelKeyOf } from '../../../src/base/model/label-key.ts';
import { labelsOf } from '../../../src/base/model/labels.ts';
import type { BlockFault, ViewedBlock } from '../../../src/bucket/block-view.ts';
import { type BucketQuery, LOOKS_MAX, selectBucket } from '../../../src/query/bucket-select.ts';
import { BLOCKS_OPEN_MAX, type RemotePart } from '../../../src/query/open-remote.ts';
import type { RemoteSource } from '../../../src/query/source.ts';
import { block, viewOf } from '../../support/compact/plan-blocks.ts';
import { floatChunk } from '../../support/float-chunks.ts';

const QUERY: BucketQuery = { resolutionMs: 0, minTimeMs: 0, maxTimeMs: 1_000, matchers: [] };

/** Series by name, each with a sample at these times. */
type Series = Readonly<Record<string, readonly number[]>>;

class TableBucket {
  readonly blocks = new Map<string, { readonly viewed: ViewedBlock; readonly series: Series }>();
  faults: BlockFault[] = [];
  readonly opened: string[] = [];
  readonly parts: RemotePart[] = [];
  looks = 0;
  open = 0;
  /** Called before each step of each source. */
  onStep: (ulid: string, series: string | undefined) => void = () => undefined;

  add(ulid: string, series: Series, more: Partial<Parameters<typeof block>[0]> = {}): this {
    const viewed = block({ ulid, minTimeMs: 0, maxTimeMs: 100, ...more });
    this.blocks.set(ulid, { viewed, series });
    return this;
  }

  select(query: Partial<BucketQuery> = {}) {
    const access = {
      look: async () => {
        this.looks++;
        const blocks = [...this.blocks.values()].map(({ viewed }) => viewed);
        return { ...viewOf(blocks), faults: this.faults };
      },
      choose: (blocks: readonly ViewedBlock[], _: number, distrusted: ReadonlySet<string>) => {
        const isLast = ({ ulid }: ViewedBlock): number => (distrusted.has(ulid) ? 1 : 0);
        const texts = new Set(blocks.map(({ labels }) => JSON.stringify(labels)));
        return [...texts].map((text) => {
          const some = blocks.filter(({ labels }) => JSON.stringify(labels) === text);
          const labels = some.at(0)?.labels ?? [];
          return { labels, blocks: some.toSorted((a, b) => isLast(a) - isLast(b)) };
        });
      },
      open: async (ulid: string, part: RemotePart) => this.#source(ulid, part),
    };
    return selectBucket(access, { ...QUERY, ...query });
  }

  async read(query: Partial<BucketQuery> = {}): Promise<string[]> {
    const found: string[] = [];
    for await (const { labels, streamLabels, chunks } of this.select(query)) {
      const times = chunks.map(({ minTimeMs, count }) => `${minTimeMs}+${count}`);
      found.push([labels[0]?.value, streamLabels[0]?.value, ...times].join(' '));
    }
    return found;
  }

  #source(ulid: string, part: RemotePart): RemoteSource {
    const found = this.blocks.get(ulid);
    if (found === undefined) throw new VarveError('not_found', 'no such block');
    this.opened.push(ulid);
    this.parts.push(part);
    this.open++;
    const names = Object.keys(found.series).sort();
    let at = -1;
    return {
      next: async () => {
        this.onStep(ulid, names.at(++at));
        return at < names.length;
      },
      get key() {
        return labelKeyOf(labelsOf([['n', names.at(at) ?? '']]));
      },
      chunks: async () => {
        if (!this.blocks.has(ulid)) throw new VarveError('damaged_block', 'the file is missing');
        const times = found.series[names.at(at) ?? ''] ?? [];
        return times.map((timeMs) => floatChunk([timeMs], 1));
      },
      close: () => void this.open--,
    };
  }
}

describe('select over a bucket', () => {
  it('merges what several blocks of one stream have, in the order of labels, then streams', async () => {
    const bucket = new TableBucket()
      .add('3', { b: [1], a: [1, 3] }, { labels: { t: 'y' } })
      .add('1', { b: [2], a: [2] }, { labels: { t: 'y' } })
      .add('2', { a: [5] }, { labels: { t: 'x' } });
    expect(await bucket.read()).toEqual(['a x 5+1', 'a y 1+1 2+1 3+1', 'b y 1+1 2+1']);
    expect(bucket.open).toBe(0);
  });

  it('opens what reaches into the range, and streams whose labels match; asks series for the rest', async () => {
    const bucket = new TableBucket()
      .add('1', { a: [5] }, { minTimeMs: 0, maxTimeMs: 10 })
      .add('2', { a: [10] }, { minTimeMs: 10, maxTimeMs: 20 })
      .add('3', { a: [20] }, { minTimeMs: 20, maxTimeMs: 30 })
      .add('4', { a: [10] }, { minTimeMs: 10, maxTimeMs: 20, labels: { tenant: 'b' } });
    await bucket.read({
      minTimeMs: 10,
      maxTimeMs: 19,
      matchers: [
        { type: '=', name: 'tenant', value: 'a' },
        { type: '=', name: 'n', value: 'a' },
      ],
    });
    expect(bucket.opened).toEqual(['2']);
    expect(bucket.parts[0]?.matchers.map(({ name }) => Buffer.from(name).toString())).toEqual([
      'n',
    ]);
    expect(bucket.parts[0]?.range).toMatchObject({ minTimeMs: 10, maxTimeMs: 19 });
  });

  it('goes on behind the last series, with what stands there now, when a block goes', async () => {
    const bucket = new TableBucket()
      .add('1', { a: [1], b: [1], c: [1] })
      .add('2', { a: [2], d: [2] });
    bucket.onStep = (ulid, series) => {
      if (ulid !== '1' || series !== 'c' || bucket.looks > 1) return;
      bucket.blocks.clear();
      bucket.add('3', { a: [1, 2], b: [1, 9], c: [1], d: [2] });
    };
    expect(await bucket.read()).toEqual(['a a 1+1 2+1', 'b a 1+1', 'c a 1+1', 'd a 2+1']);
    expect(bucket.opened).toEqual(['1', '2', '3']);
    expect(bucket.open).toBe(0);
  });

  it('tells streams apart where it goes on', async () => {
    const bucket = new TableBucket()
      .add('1', { a: [1], b: [1] }, { labels: { t: 'y' } })
      .add('2', { a: [2], b: [2] }, { labels: { t: 'x' } });
    let steps = 0;
    bucket.onStep = (ulid, series) => {
      if (ulid !== '2' || series !== 'b' || steps++ > 0) return;
      bucket.blocks.delete('2');
      bucket.add('3', { a: [2], b: [2] }, { labels: { t: 'x' } });
      throw new VarveError('damaged_block', 'index, byte 7: the file is missing');
    };
    expect(await bucket.read()).toEqual(['a x 2+1', 'a y 1+1', 'b x 2+1', 'b y 1+1']);
  });

  it('gives up after so many looks that bring nothing, and names the block', async () => {
    const bucket = new TableBucket();
    let number = 0;
    const replace = (): void => {
      bucket.blocks.clear();
      bucket.add(`B${++number}`, { a: [1] });
    };
    replace();
    bucket.onStep = replace;
    await expect(bucket.read()).rejects.toMatchObject({
      code: 'store_unavailable',
      message: expect.stringMatching(`${LOOKS_MAX} times in vain; the last time block B10 went`),
    });
    expect(bucket.open).toBe(0);
  });

  it('reads a block with damage last, then without it, and says so', async () => {
    const bucket = new TableBucket()
      .add('1', { a: [1], b: [1], c: [1] })
      .add('2', { a: [2], c: [2] });
    bucket.onStep = (ulid, series) => {
      if (ulid === '1' && series === 'b') throw new VarveError('damaged_block', 'index, byte 7: x');
    };
    const selection = bucket.select();
    const found: string[] = [];
    for await (const { labels, chunks } of selection)
      found.push(`${labels[0]?.value}${chunks.length}`);
    expect(found).toEqual(['a2', 'c1']);
    expect(bucket.opened).toEqual(['1', '2', '2', '1', '2']);
    expect(bucket.parts.map(({ onDamaged }) => onDamaged !== undefined)).toEqual([
      ...[false, false],
      ...[false, true],
      false,
    ]);
    expect(selection.warnings).toEqual([
      'block 1: index, byte 7: x; what only it has is missing from there on',
    ]);
  });

  it('looks again when the store did not give all, and warns of what is no block', async () => {
    const bucket = new TableBucket().add('1', { a: [1] });
    bucket.faults = [{ ulid: '2', what: '2/meta.json: 503', isTransient: true }];
    await expect(bucket.read()).rejects.toMatchObject({ code: 'store_unavailable' });
    expect(bucket.looks).toBe(LOOKS_MAX);
    bucket.faults = [{ ulid: '2', what: '2/meta.json is empty', isTransient: false }];
    const selection = bucket.select();
    let count = 0;
    for await (const _ of selection) count++;
    expect([count, selection.warnings]).toEqual([1, ['2/meta.json is empty']]);
  });

  it('passes on what is no block’s fault, closes what is open, and reads nothing too early', async () => {
    const bucket = new TableBucket().add('1', { a: [1], b: [2] });
    const selection = bucket.select();
    expect(bucket.looks).toBe(0);
    for await (const _ of selection) break;
    expect(bucket.open).toBe(0);
    bucket.onStep = () => {
      throw new VarveError('store_denied', 'no');
    };
    await expect(bucket.read()).rejects.toMatchObject({ code: 'store_denied' });
    expect(bucket.open).toBe(0);
    const bad = bucket.read({ matchers: [{ type: '=~', name: 'n', value: '(' }] });
    await expect(bad).rejects.toMatchObject({ code: 'bad_parameter' });
    for (let i = 0; i <= BLOCKS_OPEN_MAX; i++) bucket.add(`C${i}`, {});
    await expect(bucket.read()).rejects.toMatchObject({ code: 'overloaded' });
  });
});
