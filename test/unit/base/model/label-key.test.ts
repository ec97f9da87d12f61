import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LabelKeyWriter, labelKeyOf, labelsOfKey } from '../../../../src/base/model/label-key.ts';
import { compareLabels, labelsOf } from '../../../../src/base/model/labels.ts';

const text = fc.oneof(
  fc.constantFrom(
    '',
    'a',
    'ab',
    'a\0',
    'a\0\0',
    'a\x01',
    'a\x02',
    '\0',
    'é',
    '\ud83d\ude00',
    '\uffee',
  ),
  fc.string({ unit: 'grapheme', maxLength: 3 }),
);
const labels = fc.array(fc.tuple(text, text), { maxLength: 4 }).map((pairs) => labelsOf(pairs));

test('a key gives its labels back', () => {
  fc.assert(
    fc.property(labels, (some) => {
      expect(labelsOfKey(labelKeyOf(some))).toEqual(some);
    }),
  );
});

test('keys compare as label sets do', () => {
  fc.assert(
    fc.property(labels, labels, (a, b) => {
      const order = Buffer.compare(labelKeyOf(a), labelKeyOf(b));
      expect(order).toBe(Math.sign(compareLabels(a, b)));
    }),
    { numRuns: 1000 },
  );
});

test('bytes that are not UTF-8 are told apart in keys, and come as U+FFFD in text', () => {
  const keys = [0x80, 0x81].map((byte) => {
    const writer = new LabelKeyWriter();
    writer.begin();
    writer.add(Buffer.from('a'));
    writer.add(Uint8Array.of(byte));
    return writer.key();
  });
  expect(Buffer.compare(keys[0]!, keys[1]!)).toBe(-1);
  expect(labelsOfKey(keys[1]!)).toEqual([{ name: 'a', value: '\ufffd' }]);
});
