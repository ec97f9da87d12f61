import fc from 'fast-check';
import { expect, it } from 'vitest';
import { EngineMemory } from '../../../src/head/engine-memory.ts';
import { CanonicalLabels } from '../../../src/write/canonical-labels.ts';
import { refusal } from '../../../src/write/refusals.ts';
import { SeededRandom } from '../../support/seeded-random.ts';

const text = fc.constantFrom('', '__name__', '__proto__', 'a', 'b', 'ab', '\uff5e', '\u{1f680}');
const value = fc.constantFrom('', '1', '2', 'x');
const sets = fc.array(fc.array(fc.tuple(text, value), { maxLength: 6 }), { maxLength: 12 });

it('canonical labels are those of a sort by bytes, whatever came before', () => {
  fc.assert(
    fc.property(sets, (many) => {
      const { symbols } = new EngineMemory({ random: new SeededRandom(1) });
      const canonical = new CanonicalLabels(symbols, { labelsMax: 8, needsMetricName: true });
      const intern = (from: string) => {
        const bytes = Buffer.from(from);
        return symbols.intern(bytes, 0, bytes.length);
      };
      for (const labels of many) {
        canonical.begin();
        for (const [name, its] of labels) canonical.add(intern(name), intern(its));
        const reason = canonical.finish();
        const ids = [...canonical.ids.subarray(0, canonical.cellCount)];
        expect({ reason, labels: ids.map((id) => symbols.textOf(id)) }).toEqual(expected(labels));
        symbols.sweep();
      }
    }),
    { numRuns: 500 },
  );
});

function expected(labels: readonly (readonly [string, string])[]) {
  const names = labels.map(([name]) => name).sort(byBytes);
  const fault = faultOf(names, labels);
  if (fault !== 0) return { reason: fault, labels: [] };
  const kept = labels.filter(([, its]) => its !== '');
  return { reason: 0, labels: kept.sort(([a], [b]) => byBytes(a, b)).flat() };
}

function faultOf(names: readonly string[], labels: readonly (readonly [string, string])[]) {
  // The empty name sorts first: it is seen before any name that comes twice.
  if (names[0] === '') return refusal('label_name_empty');
  if (new Set(names).size < names.length) return refusal('label_duplicate');
  const hasName = labels.some(([name, its]) => name === '__name__' && its !== '');
  return hasName ? 0 : refusal('label_missing_name');
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
