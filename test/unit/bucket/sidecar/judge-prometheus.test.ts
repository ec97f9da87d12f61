import { expect, test } from 'vitest';
import { labelsOf } from '../../../../src/base/model/labels.ts';
import { judgePrometheus } from '../../../../src/bucket/sidecar/judge-prometheus.ts';

const LABELS = labelsOf([['cluster', 'eu']]);
const MIN = 'storage.tsdb.min-block-duration';
const MAX = 'storage.tsdb.max-block-duration';
const DELAY = 'storage.tsdb.delay-compact-file.path';
const NOTE = '/state/thanos.shipper.json';
const flags = (min: string, max: string, delay?: string) =>
  new Map([[MIN, min], [MAX, max], ...(delay === undefined ? [] : [[DELAY, delay] as const])]);

interface Row {
  readonly name: string;
  readonly flags: ReadonlyMap<string, string> | undefined;
  readonly labels?: typeof LABELS;
  readonly notePath?: string;
  readonly ignore?: boolean;
  readonly refusal?: RegExp;
  readonly warning?: RegExp;
}

test.each<Row>([
  { name: 'both 2h', flags: flags('2h', '2h') },
  { name: 'the same, written differently', flags: flags('2h', '120m') },
  { name: 'both 1h', flags: flags('1h', '1h'), warning: /blocks are of 1h; 2h/ },
  {
    name: 'the default of a Prometheus',
    flags: flags('2h', '1d12h'),
    refusal: /min-block-duration is 2h, .*max-block-duration is 1d12h.*both at 2h.*--data-dir/,
  },
  {
    name: 'compaction on, with a directory of its own',
    flags: flags('2h', '36h'),
    notePath: NOTE,
    refusal: /delay-compact-file.path=\/state\/thanos.shipper.json/,
  },
  { name: 'it waits for uploads', flags: flags('2h', '36h', NOTE), notePath: NOTE },
  {
    name: 'it waits for the note of another sidecar',
    flags: flags('2h', '36h', '/prom/thanos.shipper.json'),
    notePath: NOTE,
    refusal: /compacts its blocks/,
  },
  {
    name: 'compaction on, and that is ignored',
    flags: flags('2h', '36h'),
    ignore: true,
    warning: /compacts its blocks/,
  },
  { name: 'no flags', flags: undefined, warning: /too old/ },
  { name: 'flags without durations', flags: new Map(), warning: /does not tell/ },
  { name: 'a duration that is none', flags: flags('2h', 'long'), warning: /does not tell/ },
  { name: 'no labels', flags: flags('2h', '2h'), labels: [], refusal: /no external labels/ },
  {
    name: 'no labels, compaction ignored',
    flags: flags('2h', '36h'),
    labels: [],
    ignore: true,
    refusal: /no external labels.*global.external_labels/,
  },
])('$name', ({ flags: given, labels = LABELS, notePath, ignore = false, refusal, warning }) => {
  const rules = { notePath, ignoreUnequalBlockSize: ignore };
  const verdict = judgePrometheus({ labels, flags: given }, rules);
  if (refusal === undefined) expect(verdict.refusal).toBeUndefined();
  else expect(verdict.refusal).toMatch(refusal);
  if (warning === undefined) expect(verdict.warnings).toEqual([]);
  else expect(verdict.warnings.join()).toMatch(warning);
});
