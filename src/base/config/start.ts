// What a start hands on: where texts go, and what is known of the machine and the process.

import type { TsdbToolConfig } from './catalogue.ts';
import type { LoadedBucketTool } from './load-config.ts';

/** Where texts for people go. */
export interface Output {
  stdout(text: string): void;
  stderr(text: string): void;
}

/** The machine and the process, as the status endpoints show them. */
export interface ProcessFacts {
  readonly nodeVersion: string;
  readonly hostname: string;
  readonly workingDirectory: string;
  readonly cpus: number;
  readonly memoryLimitBytes: number;
}

/** Everything `runTsdbTool` starts from. */
export interface TsdbToolOptions extends Output {
  readonly config: TsdbToolConfig;
}

/** Everything `runBucketTool` starts from. */
export interface BucketToolOptions extends Output {
  readonly loaded: LoadedBucketTool;
  /** A person sees standard error: how far it is may be written over itself. */
  readonly isTerminal: boolean;
  /** Of the machine, for what a command writes down about itself. */
  readonly hostname: string;
  /** Fires when the command is to end early. */
  readonly signal: AbortSignal;
}
