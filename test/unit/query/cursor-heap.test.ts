import fc from 'fast-check';
import { expect, it } from 'vitest';
import { CursorHeap } from '../../../src/query/cursor-heap.ts';

it('gives what stands on one series together, in the order of series, streams and precedence', () => {
  const cursor = fc.record({ key: fc.nat(3), stream: fc.nat(2) });
  fc.assert(
    fc.property(fc.array(cursor, { maxLength: 40 }), (given) => {
      const cursors = given.map(({ key, stream }, rank) => {
        return { source: { key: Uint8Array.of(key) }, stream, rank };
      });
      const heap = new CursorHeap<(typeof cursors)[number]>();
      for (const one of cursors) heap.push(one);
      const came: number[][] = [];
      for (let here = heap.popSeries(); here.length > 0; here = heap.popSeries())
        came.push(here.map(({ rank }) => rank));
      const texts = given.map(({ key, stream }) => `${key} ${stream}`);
      const wanted = [...new Set(texts)]
        .sort()
        .map((text) => texts.flatMap((one, rank) => (one === text ? [rank] : [])));
      expect(came).toEqual(wanted);
      expect(heap.pop()).toBeUndefined();
    }),
  );
});
