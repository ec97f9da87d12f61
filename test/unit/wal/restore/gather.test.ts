// What the pieces of an archive say together, damaged ones among them.

import { expect, test } from 'vitest';
import type { PieceStream } from '../../../../src/wal/archive/format.ts';
import type { FetchedPiece } from '../../../../src/wal/restore/fetch-piece.ts';
import { gather } from '../../../../src/wal/restore/gather.ts';

function piece(sequence: number, base: number, { faults = [] as string[] } = {}): FetchedPiece {
  const part = { segment: sequence, from: 0, to: 4, crc32c: 0 };
  const stream: PieceStream = {
    name: 'a',
    labels: [],
    origin: '{}',
    base,
    foreignUploaded: true,
    blocks: [],
    parts: [part],
  };
  const of = { version: 1, name: 'g', epoch: 1, sequence, instance: 'i', writer: 'w' } as const;
  const header = { ...of, createdMs: 0, streams: [stream] };
  const parts = new Set(faults.length === 0 ? [part] : []);
  return { key: `${sequence}`, header, parts, faults };
}

test('a damaged piece does not make others unnecessary: it was to be sent again', () => {
  const [stream] = gather([piece(1, -1), piece(2, 1, { faults: ['bytes differ'] })]);
  expect(stream).toMatchObject({ base: -1, segments: [1] });
});

test('of a whole piece its word counts, also where another is damaged', () => {
  const [stream] = gather([piece(1, -1), piece(2, 1, { faults: ['x'] }), piece(3, 1)]);
  expect(stream).toMatchObject({ base: 1, segments: [1, 3] });
});

test('when no piece is whole, what they say is all there is', () => {
  const [stream] = gather([piece(1, 0, { faults: ['x'] }), piece(2, 1, { faults: ['x'] })]);
  expect(stream).toMatchObject({ base: 1, segments: [] });
});
