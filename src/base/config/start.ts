// What main.ts hands to the role or tool that the command line asks for. Nothing beyond main.ts touches
// `process`.

import type { BuildInfo } from './build-info.ts';
import type { ServeConfig, TsdbToolConfig } from './catalogue.ts';
import type { ConfigReloader } from './reload-config.ts';

/** Signals that mean something to a gateway: reload; drain and end. */
export type GatewaySignal = 'SIGHUP' | 'SIGTERM' | 'SIGINT';

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

/** Everything `runGateway` starts from. */
export interface GatewayOptions extends Output {
  readonly config: ServeConfig;
  /** To be logged once the logger is there. */
  readonly warnings: readonly string[];
  readonly reloader: ConfigReloader;
  readonly build: BuildInfo;
  readonly process: ProcessFacts;
  /** Calls `handler` at every such signal, in place of the system's default. */
  onSignal(signal: GatewaySignal, handler: () => void): void;
}

/** Everything `runTsdbTool` starts from. */
export interface TsdbToolOptions extends Output {
  readonly config: TsdbToolConfig;
}
