import { expect, test } from 'vitest';
import { VarveError } from '../../../src/base/errors/varve-error.ts';
import { labelKeyOf } from '../../../src/base/model/label-key.ts';
import { type HeadRead, Reader } from '../../../src/query/reader.ts';
import { SeriesBatchWriter } from '../../../src/query/series-batch.ts';

const WANTED = { tenant: 't', query: { minTimeMs: 0, maxTimeMs: 9, matchers: [] } };

/** Three batches of a series each; calls are noted. */
function world(failing?: 'selectOpen' | 'selectNext') {
  const calls: string[] = [];
  let batches = 0;
  const note = (call: string): void => {
    calls.push(call);
    if (call === failing) throw new VarveError('overloaded', 'no');
  };
  const reader = new Reader<HeadRead>(
    {
      openRead: async () => {
        note('openRead');
        return { id: 7, streams: [{ labels: [{ name: 's', value: '0' }] }] };
      },
      closeRead: async ({ tenant, id }) => note(`closeRead ${tenant} ${id}`),
    },
    {
      selectOpen: async ({ read }) => {
        note('selectOpen');
        return read.id + 1;
      },
      selectNext: async (id) => {
        note('selectNext');
        const writer = new SeriesBatchWriter();
        const key = labelKeyOf([{ name: 'batch', value: `${batches}` }]);
        writer.add({ stream: 0, key, chunks: [] });
        return writer.batch({ isLast: ++batches === 3, warnings: [`${id} ${batches}`] });
      },
      selectClose: async (id) => note(`selectClose ${id}`),
    },
  );
  return { calls, reader };
}

test('heads are opened before blocks, all batches are read, and everything is closed', async () => {
  const { calls, reader } = world();
  const selection = reader.select(WANTED);
  expect(calls).toEqual([]);
  const series = [];
  for await (const one of selection) series.push(one);
  expect(series.map(({ labels }) => labels)).toEqual(
    ['0', '1', '2'].map((value) => [{ name: 'batch', value }]),
  );
  expect(series[0]).toMatchObject({ streamLabels: [{ name: 's', value: '0' }], chunks: [] });
  expect(selection.warnings).toEqual(['8 1', '8 2', '8 3']);
  const next = ['selectNext', 'selectNext', 'selectNext'];
  expect(calls).toEqual(['openRead', 'selectOpen', ...next, 'selectClose 8', 'closeRead t 7']);
});

test('who stops in the middle leaves nothing open', async () => {
  const { calls, reader } = world();
  for await (const _ of reader.select(WANTED)) break;
  expect(calls.slice(2)).toEqual(['selectNext', 'selectClose 8', 'closeRead t 7']);
});

test.each([
  ['selectOpen', ['openRead', 'selectOpen', 'closeRead t 7']],
  ['selectNext', ['openRead', 'selectOpen', 'selectNext', 'selectClose 8', 'closeRead t 7']],
] as const)('nothing stays open when %s fails', async (failing, wanted) => {
  const { calls, reader } = world(failing);
  const read = async () => {
    for await (const _ of reader.select(WANTED)) expect.unreachable();
  };
  await expect(read()).rejects.toMatchObject({ code: 'overloaded' });
  expect(calls).toEqual(wanted);
});
