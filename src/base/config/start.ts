import type { TsdbToolConfig } from './catalogue.ts';

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

/** Everything `runTsdbTool` starts from. */
export interface TsdbToolOptions extends Output {
  readonly config: TsdbToolConfig;
}
