// May the blocks of this Prometheus be uploaded? The rules of Thanos's sidecar (thanos
// cmd/thanos/sidecar.go, docs/components/sidecar.md), as a pure function.
//
// A Prometheus that compacts may merge a block before it was uploaded, and what it makes of it
// overlaps others in the bucket: so its data would be missing there. It is refused unless it waits
// for uploads (--storage.tsdb.delay-compact-file.path, from 3.9 on) by the sidecar's own note.

import { BadValue } from '../../base/config/config-error.ts';
import { parseDuration } from '../../base/config/duration.ts';
import { printable } from '../../base/errors/printable.ts';
import type { Labels } from '../../base/model/labels.ts';
import type { PrometheusFlags } from './prometheus-answers.ts';

/** What is known of a Prometheus. */
export interface PrometheusFacts {
  readonly labels: Labels;
  /** Undefined: too old to say. */
  readonly flags: PrometheusFlags | undefined;
}

/** What the sidecar was told to judge by. */
export interface JudgeRules {
  /** Where the sidecar notes what it uploaded; undefined when that place is a temporary one. */
  readonly notePath: string | undefined;
  readonly ignoreUnequalBlockSize: boolean;
}

/** What follows from the facts; texts are ends of sentences about "the Prometheus". */
export interface Verdict {
  /** Undefined: its blocks are uploaded. Else why not, with the way out. */
  readonly refusal: string | undefined;
  readonly warnings: readonly string[];
}

const MIN_DURATION = 'storage.tsdb.min-block-duration';
const MAX_DURATION = 'storage.tsdb.max-block-duration';
const DELAY_FILE = 'storage.tsdb.delay-compact-file.path';
const BLOCK_MS = 7_200_000;

/** Judges by labels and flags. */
export function judgePrometheus({ labels, flags }: PrometheusFacts, rules: JudgeRules): Verdict {
  if (labels.length === 0) return refused(NO_LABELS);
  if (flags === undefined) {
    return accepted('it is too old to tell its flags, so they are not checked');
  }
  const min = durationOf(flags, MIN_DURATION);
  const max = durationOf(flags, MAX_DURATION);
  if (min === undefined || max === undefined) {
    return accepted('it does not tell its block durations, so they are not checked');
  }
  if (min.ms !== max.ms && !waitsForUploads(flags, rules)) {
    const why = compacts(min.text, max.text, rules);
    return rules.ignoreUnequalBlockSize ? accepted(why) : refused(why);
  }
  if (min.ms === BLOCK_MS) return accepted();
  return accepted(`its blocks are of ${min.text}; 2h is what compaction in the bucket expects`);
}

const NO_LABELS =
  'it has no external labels, so its blocks could not be told from those of others; set ' +
  'global.external_labels in its configuration, and reload it';

function compacts(min: string, max: string, { notePath }: JudgeRules): string {
  const delayed =
    notePath === undefined
      ? `, or give the sidecar a --data-dir, for --${DELAY_FILE} of Prometheus 3.9 and later`
      : `, or from 3.9 on with --${DELAY_FILE}=${notePath}`;
  return (
    `it compacts its blocks (--${MIN_DURATION} is ${min}, --${MAX_DURATION} is ${max}), which ` +
    'can merge a block before it was uploaded; start it with both at 2h' +
    delayed
  );
}

function waitsForUploads(flags: PrometheusFlags, { notePath }: JudgeRules): boolean {
  return notePath !== undefined && flags.get(DELAY_FILE) === notePath;
}

function durationOf(
  flags: PrometheusFlags,
  flag: string,
): { readonly text: string; readonly ms: number } | undefined {
  const written = flags.get(flag);
  if (written === undefined) return undefined;
  try {
    return { text: printable(written), ms: parseDuration(written) };
  } catch (thrown) {
    if (thrown instanceof BadValue) return undefined; // said as "does not tell"
    throw thrown;
  }
}

function refused(refusal: string): Verdict {
  return { refusal, warnings: [] };
}

function accepted(...warnings: readonly string[]): Verdict {
  return { refusal: undefined, warnings };
}
