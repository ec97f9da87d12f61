import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { U32Column } from '../../../src/base/bytes/columns.ts';
import { EngineMemory } from '../../../src/head/engine-memory.ts';
import { Postings } from '../../../src/head/postings.ts';
import { sweepPostings } from '../../../src/head/postings-sweep.ts';

function open() {
  let seed = 1;
  const memory = new EngineMemory({ random: { u32: () => seed++ } });
  const symbol = (text: string) => {
    const bytes = Buffer.from(text);
    return memory.symbols.intern(bytes, 0, bytes.length);
  };
  return { memory, symbol, postings: new Postings(memory) };
}

describe('postings', () => {
  test('give the slots of a pair sorted, however many and in whatever order they came', () => {
    const { postings, symbol } = open();
    const [name, value] = [symbol('job'), symbol('api')];
    const slots = Array.from({ length: 5000 }, (_, i) => (i * 7919) % 5003);
    const pair = postings.add(name, value, slots[0]!);
    for (const slot of slots.slice(1)) expect(postings.add(name, value, slot)).toBe(pair);
    expect([...postings.slotsOf(pair)]).toEqual([...slots].sort((a, b) => a - b));
    expect(slots).toContain(postings.anySlot(name, value));
  });

  test('a pair of one series costs its record only', () => {
    const { memory, postings, symbol } = open();
    const ids = Array.from({ length: 100 }, (_, i) => symbol(`pod-${i}`));
    const name = symbol('pod');
    const before = memory.arena.usedBytes;
    ids.forEach((id, slot) => {
      postings.add(name, id, slot);
    });
    expect(memory.arena.usedBytes).toBe(before);
    expect(postings.pairCount).toBe(100);
    expect(postings.nameCount).toBe(1);
  });

  test('hold their symbols as long as a series carries them', () => {
    const { memory, postings, symbol } = open();
    const pair = postings.add(symbol('a'), symbol('b'), 3);
    memory.symbols.sweep();
    expect(memory.symbols.stats.count).toBe(2);
    postings.pop(pair, 3);
    expect(memory.symbols.stats.count).toBe(0);
    expect(postings.pairCount).toBe(0);
    expect([...postings.names()]).toEqual([]);
  });

  test('agree with a Map of sets while series come, go in sweeps and are popped', () => {
    const name = fc.nat(2);
    const value = fc.nat(3);
    const step = fc.oneof(
      { weight: 20, arbitrary: fc.tuple(fc.constant('add'), name, value) },
      { weight: 2, arbitrary: fc.tuple(fc.constant('pop'), name, value) },
      {
        weight: 1,
        arbitrary: fc.tuple(fc.constant('sweep'), fc.integer({ min: 1, max: 4 }), value),
      },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 500, size: 'max' }), (steps) => {
        const { memory, postings, symbol } = open();
        const names = ['x', 'y', 'z'].map(symbol);
        const values = ['1', '2', '3', '4'].map(symbol);
        for (const id of [...names, ...values]) memory.symbols.hold(id);
        const model = new Map<string, number[]>();
        let nextSlot = 0;
        for (const [what, first, second] of steps) {
          const key = `${first}:${second}`;
          if (what === 'add') {
            postings.add(names[first]!, values[second]!, nextSlot);
            model.set(key, [...(model.get(key) ?? []), nextSlot++]);
          }
          if (what === 'pop') {
            const slot = model.get(key)?.pop();
            if (slot !== undefined)
              postings.pop(postings.find(names[first]!, values[second]!), slot);
          }
          if (what === 'sweep') {
            const touched = new U32Column();
            const isRemoved = (slot: number) => slot % (first + 1) === 0;
            for (const [at, slots] of model) {
              const [n, v] = at.split(':').map(Number);
              if (slots.length > 0) touched.push(postings.find(names[n!]!, values[v!]!));
              model.set(
                at,
                slots.filter((slot) => !isRemoved(slot)),
              );
            }
            for (const _ of sweepPostings(memory, postings, { touched, isRemoved }));
          }
        }
        const found = new Map<string, number[]>();
        for (const record of postings.names())
          for (const pair of postings.pairsOf(record)) {
            const ids = new U32Column();
            postings.idsOf(pair, ids);
            const key = `${names.indexOf(ids.at(0))}:${values.indexOf(ids.at(1))}`;
            found.set(key, [...postings.slotsOf(pair)]);
          }
        const expected = [...model].filter(([, slots]) => slots.length > 0);
        expect(found).toEqual(new Map(expected));
        expect(postings.pairCount).toBe(expected.length);
      }),
    );
  });
});
