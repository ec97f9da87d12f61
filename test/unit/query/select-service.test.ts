import { expect, test } from 'vitest';
import { VarveError } from '../../../src/base/errors/varve-error.ts';
import { labelKeyOf } from '../../../src/base/model/label-key.ts';
import {
  BATCH_BYTES,
  BATCH_SERIES_MAX,
  SELECT_IDLE_MAX_MS,
  SELECTS_OPEN_MAX,
  SelectService,
  Warnings,
} from '../../../src/query/select-service.ts';
import { type SelectedSeries, seriesOfBatch } from '../../../src/query/series-batch.ts';
import type { SeriesSource } from '../../../src/query/source.ts';
import { floatChunk } from '../../support/float-chunks.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { samplesOf } from '../../support/select-reading.ts';

const STREAM = [{ name: 'tenant_id', value: 't' }];

/** `count` series of one chunk each; reading fails at `failAt`. */
function sourceOf(count: number, failAt = -1, hasChunks = true): SeriesSource {
  let at = -1;
  return {
    get key() {
      return labelKeyOf([{ name: 'n', value: `${at}`.padStart(7, '0') }]);
    },
    next: () => ++at < count,
    chunks: () => {
      if (at === failAt) throw new VarveError('disk_failed', 'EIO');
      return hasChunks ? [floatChunk([1, 2], at)] : [];
    },
  };
}

function service() {
  const clock = new ManualClock();
  const selects = new SelectService(clock);
  let open = 0;
  const openSelect = (source: SeriesSource, warning?: string): number =>
    selects.open((warnings) => {
      open++;
      if (warning !== undefined) warnings.add(warning);
      return { sources: [{ stream: 0, source }], close: () => void open-- };
    });
  return { clock, selects, openSelect, opened: () => open };
}

function readAll(selects: SelectService, id: number) {
  const series: SelectedSeries[] = [];
  const warnings: string[] = [];
  let batches = 0;
  for (let isLast = false; !isLast; batches++) {
    const batch = selects.next(id);
    isLast = batch.isLast;
    series.push(...seriesOfBatch(structuredClone(batch), [STREAM]));
    warnings.push(...batch.warnings);
  }
  return { series, warnings, batches };
}

test('all series come, batch by batch, and at the end all is closed', () => {
  const { selects, openSelect, opened } = service();
  const count = BATCH_SERIES_MAX + 10;
  const { series, warnings, batches } = readAll(selects, openSelect(sourceOf(count), 'a warning'));
  expect(batches).toBe(2);
  expect(series.length).toBe(count);
  expect(series[7]).toMatchObject({
    labels: [{ name: 'n', value: '0000007' }],
    streamLabels: STREAM,
  });
  expect([...samplesOf(series[7]!.chunks)]).toEqual([
    [1, '0:7'],
    [2, '0:7'],
  ]);
  expect(warnings).toEqual(['a warning']);
  expect([opened(), selects.count]).toEqual([0, 0]);
});

test('a batch is bounded by bytes', () => {
  const { selects, openSelect } = service();
  const big = {
    ...floatChunk([1], 1),
    lengthBytes: BATCH_BYTES,
    view: new DataView(new ArrayBuffer(BATCH_BYTES)),
  };
  const source = { ...sourceOf(3), chunks: () => [big] };
  let at = 0;
  const next = (): boolean => ++at <= 3;
  const key = labelKeyOf([]);
  const id = openSelect({ ...source, key, next });
  expect(selects.next(id)).toMatchObject({ isLast: false, streams: Uint32Array.of(0) });
});

test('series without chunks are left out, and a batch may be empty', () => {
  const { selects, openSelect } = service();
  const { series, batches } = readAll(
    selects,
    openSelect(sourceOf(BATCH_SERIES_MAX + 1, -1, false)),
  );
  expect([series.length, batches]).toEqual([0, 2]);
});

test('a select that fails is closed', () => {
  const { selects, openSelect, opened } = service();
  const id = openSelect(sourceOf(3, 1));
  expect(() => selects.next(id)).toThrow(expect.objectContaining({ code: 'disk_failed' }));
  expect(opened()).toBe(0);
  expect(() => selects.next(id)).toThrow(expect.objectContaining({ code: 'not_found' }));
  selects.close(id);
});

test('a select that nobody goes on with is closed after a while; asking begins the while anew', async () => {
  const { clock, selects, openSelect, opened } = service();
  const id = openSelect(sourceOf(3 * BATCH_SERIES_MAX));
  await clock.advance(SELECT_IDLE_MAX_MS - 1);
  selects.next(id);
  await clock.advance(SELECT_IDLE_MAX_MS - 1);
  expect(opened()).toBe(1);
  await clock.advance(1);
  expect([opened(), selects.count]).toEqual([0, 0]);
  expect(clock.nextDueMs()).toBeUndefined();
});

test('selects that are open at once are bounded', () => {
  const { selects, openSelect, opened } = service();
  for (let i = 0; i < SELECTS_OPEN_MAX; i++) openSelect(sourceOf(1));
  const another = () => openSelect(sourceOf(1));
  expect(another).toThrow(expect.objectContaining({ code: 'overloaded' }));
  expect(opened()).toBe(SELECTS_OPEN_MAX);
  selects.closeAll();
  expect(opened()).toBe(0);
});

test('warnings are bounded', () => {
  const warnings = new Warnings();
  for (let i = 0; i < 1000; i++) warnings.add(`${i}`);
  const told = warnings.take();
  expect([told.length, told.at(-1)]).toEqual([101, 'and more']);
  expect(warnings.take()).toEqual([]);
});
