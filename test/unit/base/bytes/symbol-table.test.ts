import { describe, expect, test } from 'vitest';
import { Epochs } from '../../../../src/base/bytes/epochs.ts';
import { Hash32 } from '../../../../src/base/bytes/hash32.ts';
import { SlabArena } from '../../../../src/base/bytes/slab-arena.ts';
import { EMPTY_SYMBOL, NO_SYMBOL, SymbolTable } from '../../../../src/base/bytes/symbol-table.ts';

function open() {
  const epochs = new Epochs();
  const arena = new SlabArena(epochs);
  const table = new SymbolTable(arena, epochs, new Hash32(7, 8));
  const intern = (text: string) => {
    const bytes = Buffer.from(`..${text}..`);
    return table.intern(bytes, 2, bytes.length - 4);
  };
  const find = (text: string) => {
    const bytes = Buffer.from(text);
    return table.find(bytes, 0, bytes.length);
  };
  return { epochs, arena, table, intern, find };
}

describe('the symbol table', () => {
  test('knows each string once, the empty one as 0', () => {
    const { table, intern, find } = open();
    const texts = [
      'a',
      'ab',
      'abc',
      'abcd',
      'abcde',
      'ü',
      '\u0000',
      'x'.repeat(5000),
      'x'.repeat(70),
    ];
    const ids = texts.map(intern);
    expect(new Set(ids).size).toBe(texts.length);
    expect(texts.map(intern)).toEqual(ids);
    expect(texts.map(find)).toEqual(ids);
    expect(ids.map((id) => table.textOf(id))).toEqual(texts);
    expect(intern('')).toBe(EMPTY_SYMBOL);
    expect(find('nothing')).toBe(NO_SYMBOL);
    const bytes = Buffer.from('abc');
    expect(table.equals(find('abc'), bytes, 0, 3)).toBe(true);
    expect(table.equals(find('abc'), bytes, 0, 2)).toBe(false);
  });

  test('orders by bytes', () => {
    const { table, intern } = open();
    const texts = ['', '\u0000', 'a', 'a\u0000', 'ab', 'b', 'z', 'é', '\uffff', '😀'];
    for (const a of texts)
      for (const b of texts)
        expect(Math.sign(table.compare(intern(a), intern(b)))).toBe(
          Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b))),
        );
  });

  test('sweeps what nobody held, and forgets with the last holder', () => {
    const { table, intern, find } = open();
    const [kept, dropped] = [intern('kept'), intern('dropped')];
    table.hold(kept);
    table.hold(kept);
    // Held and let go before the sweep: the sweep removes it, once.
    const brief = intern('brief');
    table.hold(brief);
    table.release(brief);
    expect(find('brief')).toBe(brief);
    table.sweep();
    expect([find('kept'), find('dropped'), find('brief')]).toEqual([kept, NO_SYMBOL, NO_SYMBOL]);
    expect([dropped, brief]).toContain(intern('next'));
    table.release(kept);
    expect(find('kept')).toBe(kept);
    table.release(kept);
    expect(find('kept')).toBe(NO_SYMBOL);
    table.sweep();
    expect(table.stats).toEqual({ count: 0, bytes: 0 });
  });

  test('uses an id again only when no open snapshot can know it', () => {
    const { epochs, arena, table, intern } = open();
    const id = intern('old');
    table.hold(id);
    table.sweep();
    const snapshot = epochs.open();
    table.release(id);
    const others = Array.from({ length: 50 }, (_, i) => intern(`new ${i}`));
    expect(others).not.toContain(id);
    expect(table.textOf(id)).toBe('old');
    epochs.close(snapshot);
    expect(intern('newer')).toBe(id);
    expect(arena.usedBytes).toBeGreaterThan(0);
  });
});
