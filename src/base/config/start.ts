// What a start hands on: where texts go, and what is known of the machine and the process.

import type { TsdbToolConfig } from './catalogue.ts';

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
