import { describe, expect, it } from 'vitest';
import { KeyPages } from '../../../src/write/key-pages.ts';

describe('KeyPages', () => {
  it.each([0, 1, 3, 4, 7, 8, 31, 32, 33, 40, 64, 71])(
    'tells %i bytes from all that differ in one bit',
    (length) => {
      const pages = new KeyPages();
      // NaNs, small numbers and text.
      for (const fill of [0x01, 0x80, 0x7f, 0xff, 0x61]) {
        const bytes = new Uint8Array(length + 16).fill(fill);
        const view = new DataView(bytes.buffer);
        const address = pages.add(view, 5, length);
        expect(pages.equals(address, view, 5, length)).toBe(true);
        for (let bit = 0; bit < length * 8; bit++) {
          const at = 5 + (bit >>> 3);
          view.setUint8(at, view.getUint8(at) ^ (1 << (bit & 7)));
          expect(pages.equals(address, view, 5, length)).toBe(false);
          view.setUint8(at, view.getUint8(at) ^ (1 << (bit & 7)));
        }
      }
    },
  );

  it.each([24, 31, 64, 200, 333])(
    'tells %i bytes that share beginning and end with others from all that differ',
    (length) => {
      const pages = new KeyPages();
      const text = Uint8Array.from({ length: length + 16 }, (_, i) => 97 + (i % 23));
      const keys: [address: number, bytes: Uint8Array][] = [];
      for (let changed = 0; changed < length; changed++) {
        const bytes = text.slice();
        bytes[5 + changed] = 0x80;
        keys.push([pages.add(new DataView(bytes.buffer), 5, length), bytes]);
      }
      for (const [address] of keys) {
        for (const [other, otherBytes] of keys) {
          const view = new DataView(otherBytes.buffer);
          expect(pages.equals(address, view, 5, length)).toBe(address === other);
        }
      }
    },
  );

  it('stores only the middle of a key like the one before, of whatever length', () => {
    const pages = new KeyPages();
    const key = (middle: string) => `${'name="shop",'.repeat(9)}${middle}${',zone="a"'.repeat(9)}`;
    const keys = Array.from({ length: 2000 }, (_, i) => key('x'.repeat(i % 17) + i));
    const added = keys.map((one) => {
      const view = new DataView(new TextEncoder().encode(one).buffer);
      return { view, address: pages.add(view, 0, view.byteLength) };
    });
    expect(pages.sizeBytes).toBe(256 * 1024); // 2,000 whole ones would take twice that
    for (const { view, address } of added) {
      expect(pages.equals(address, view, 0, view.byteLength)).toBe(true);
      view.setUint8(115, view.getUint8(115) ^ 1);
      expect(pages.equals(address, view, 0, view.byteLength)).toBe(false);
    }
  });

  it('keeps a key in one piece when asked to', () => {
    const pages = new KeyPages();
    const view = new DataView(Uint8Array.from({ length: 40 }, (_, i) => i + 1).buffer);
    pages.add(view, 0, 40);
    const address = pages.addWhole(view, 0, 40);
    const page = pages.view(address);
    const at = KeyPages.offset(address);
    expect(Array.from({ length: 40 }, (_, i) => page.getUint8(at + i))).toEqual(
      Array.from({ length: 40 }, (_, i) => i + 1),
    );
    expect(pages.equals(address, view, 0, 40)).toBe(true);
  });

  it('knows what it cannot hold: zeros of either sign', () => {
    const view = new DataView(new ArrayBuffer(32));
    const canHold = () => KeyPages.canHold(view, 1, 20);
    for (let i = 0; i < 32; i++) view.setUint8(i, 1);
    expect(canHold()).toBe(true);
    view.setFloat64(9, 0);
    expect(canHold()).toBe(false);
    view.setFloat64(9, -0, true);
    expect(canHold()).toBe(false);
    view.setFloat64(9, Number.MIN_VALUE);
    expect(canHold()).toBe(true);
    // The last four bytes are compared as bytes.
    view.setUint32(17, 0);
    expect(canHold()).toBe(true);
  });

  it('goes to a new page when one is full', () => {
    const pages = new KeyPages();
    const view = new DataView(new ArrayBuffer(100_001));
    const addresses = [0, 1, 2, 3].map((n) => {
      view.setUint8(100_000, n);
      return pages.add(view, 0, 100_001);
    });
    expect(pages.sizeBytes).toBe(2 * 256 * 1024);
    for (const [n, address] of addresses.entries()) {
      view.setUint8(100_000, n);
      expect(pages.equals(address, view, 0, 100_001)).toBe(true);
    }
  });
});
