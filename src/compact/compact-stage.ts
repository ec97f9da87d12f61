// Compaction in the life of `varve serve`: started last, as everything that receives and uploads
// comes first, and ended before it. Nothing that goes wrong with the bucket ends the process.

import type { CompactionConfig } from '../base/config/catalogue.ts';
import type { Runtime } from '../base/runtime/runtime.ts';
import type { Stage } from '../stage.ts';
import { Compaction, type CompactionOptions } from './compaction.ts';
import type { CompactSettings } from './settings.ts';

/** What the stage is made of. */
export interface CompactStageOptions
  extends Pick<CompactionOptions, 'logger' | 'metrics' | 'onDeath'> {
  readonly runtime: Pick<Runtime, 'clock' | 'threads' | 'timers'>;
  readonly config: CompactionConfig;
  readonly settings: CompactSettings;
  /** Called once it works. */
  readonly onStarted: (compaction: Compaction) => void;
}

/** Makes it. */
export function makeCompactStage(options: CompactStageOptions): Stage {
  const { config, settings, onStarted, onDeath } = options;
  let compaction: Compaction | undefined;
  let isStopping = false;
  return {
    name: 'compaction',
    start: async () => {
      const started = await Compaction.start({ ...options, ...config, settings });
      compaction = started;
      onStarted(started);
      // It ends by itself only when the planner's thread does.
      void started.run().catch((thrown: unknown) => {
        if (!isStopping) onDeath(thrown instanceof Error ? thrown : undefined);
      });
    },
    ready: () => compaction !== undefined && !isStopping,
    drain: async () => {
      isStopping = true;
      await compaction?.stop();
    },
    stop: async () => compaction?.close(),
  };
}
