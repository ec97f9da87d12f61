// Asks the Prometheus beside the sidecar for its labels and flags, again and again, and knows what
// follows from the last answer: whether its blocks are uploaded, and with which labels.
//
// At the start a Prometheus that is refused, or does not answer in time, ends the sidecar. Later
// nothing ends it: no blocks are uploaded while the Prometheus is refused, and while it does not
// answer they go on with the labels that it had, as in Thanos.

import { asVarveError } from '../../base/errors/varve-error.ts';
import { compareLabels, type Labels, labelsText } from '../../base/model/labels.ts';
import type { Logger } from '../../base/observe/logger.ts';
import type { MetricStore } from '../../base/observe/metric-store.ts';
import type { Clock } from '../../base/runtime/clock.ts';
import type { Timers } from '../../base/runtime/timers.ts';
import { type JudgeRules, judgePrometheus } from './judge-prometheus.ts';
import { type Answer, externalLabelsIn, flagsIn } from './prometheus-answers.ts';

/** Between questions until the first good answer. */
const RETRY_EVERY_MS = 2_000;

export interface PrometheusWatchOptions {
  /** GETs a path of the Prometheus. */
  get(path: string): Promise<Answer>;
  readonly rules: JudgeRules;
  readonly intervalMs: number;
  readonly readyTimeoutMs: number;
  /** Told, once, that the sidecar cannot begin its work. */
  onHopeless(why: string): void;
  /** Told when there are labels to upload with, and again whenever they are others. */
  onLabels(): void;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
  readonly metrics: MetricStore;
}

export class PrometheusWatch {
  readonly #options: PrometheusWatchOptions;
  readonly #end = new AbortController();
  /** Of the last accepted answer; undefined while it is refused, and before the first. */
  #labels: Labels | undefined;
  #hasBeenGood = false;
  #refusal: string | undefined;
  /** What was last said about it, so that each thing is said once. */
  #said = '';
  #running: Promise<void> = Promise.resolve();

  constructor(options: PrometheusWatchOptions) {
    this.#options = options;
    options.metrics.gauge('varve_sidecar_prometheus_up', {}).set(0);
  }

  /** The labels to upload with; undefined: nothing is to be uploaded now. */
  get labels(): Labels | undefined {
    return this.#labels;
  }

  start(): void {
    this.#running = this.#loop();
  }

  /** Asks no more; resolves when the question under way is over. */
  async stop(): Promise<void> {
    this.#end.abort();
    await this.#running;
  }

  /** One question now; what comes of it is in `labels`. */
  async ask(): Promise<void> {
    const { get, clock, logger, metrics } = this.#options;
    const up = metrics.gauge('varve_sidecar_prometheus_up', {});
    try {
      const labels = externalLabelsIn(await get('/api/v1/status/config'));
      const flags = flagsIn(await get('/api/v1/status/flags'));
      up.set(1);
      metrics
        .gauge('varve_sidecar_last_heartbeat_success_time_seconds', {})
        .set(clock.nowMs() / 1000);
      this.#judge(labels, flags);
    } catch (thrown) {
      up.set(0);
      const { code, message } = asVarveError(thrown);
      const what = this.#hasBeenGood
        ? 'Prometheus does not answer; its labels stay as they were'
        : 'waiting for Prometheus';
      if (this.#isNew(message)) logger.warn(what, { code, error: message });
    }
  }

  #judge(labels: Labels, flags: ReturnType<typeof flagsIn>): void {
    const { logger, rules, onLabels } = this.#options;
    const { refusal, warnings } = judgePrometheus({ labels, flags }, rules);
    this.#refusal = refusal;
    const isNew = this.#isNew([refusal, ...warnings].join('\n'));
    if (refusal !== undefined) {
      this.#labels = undefined;
      if (isNew && this.#hasBeenGood) {
        logger.error('nothing is uploaded: Prometheus is refused', { why: refusal });
      }
      return;
    }
    if (isNew) for (const warning of warnings) logger.warn('about Prometheus', { what: warning });
    const before = this.#labels;
    if (before !== undefined && compareLabels(before, labels) === 0) return;
    logger.info('external labels of Prometheus', {
      labels: labelsText(labels),
      ...(before === undefined ? {} : { before: labelsText(before) }),
    });
    this.#labels = labels;
    this.#hasBeenGood = true;
    onLabels();
  }

  #isNew(text: string): boolean {
    const isNew = text !== this.#said;
    this.#said = text;
    return isNew;
  }

  async #loop(): Promise<void> {
    const { intervalMs } = this.#options;
    if (!(await this.#begin())) return;
    while (await this.#pause(intervalMs)) await this.ask();
  }

  /** Asks until the first good answer; false when there will be none. */
  async #begin(): Promise<boolean> {
    const { clock, readyTimeoutMs, onHopeless } = this.#options;
    const endMs = clock.monotonicMs() + readyTimeoutMs;
    for (;;) {
      await this.ask();
      if (this.#hasBeenGood) return true;
      if (this.#refusal !== undefined) {
        onHopeless(`Prometheus is refused: ${this.#refusal}`);
        return false;
      }
      const leftMs = endMs - clock.monotonicMs();
      if (leftMs <= 0) {
        onHopeless(`Prometheus did not answer within --prometheus.ready_timeout: ${this.#said}`);
        return false;
      }
      if (!(await this.#pause(Math.min(RETRY_EVERY_MS, leftMs)))) return false;
    }
  }

  /** False when the end came meanwhile. */
  async #pause(delayMs: number): Promise<boolean> {
    const { signal } = this.#end;
    try {
      await this.#options.timers.sleep(delayMs, signal);
    } catch (thrown) {
      if (!signal.aborted) throw thrown;
    }
    return !signal.aborted;
  }
}
