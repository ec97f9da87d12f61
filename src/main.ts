#!/usr/bin/env node
// The program's entry: command line → role or tool → exit code. The only file that touches `process`
// (launch.cts, which the `varve` command runs first, sets the size of the thread pool).
// Exit codes: 0 after an orderly end, 1 for a failure while running, 2 for wrong flags or configuration.

import { availableParallelism, hostname, totalmem } from 'node:os';
import { type BuildInfo, readBuildInfo, versionText } from './base/config/build-info.ts';
import { type Invocation, parseCommandLine } from './base/config/command-line.ts';
import { loadConfig, loadTsdbToolConfig } from './base/config/load-config.ts';
import { ConfigReloader } from './base/config/reload-config.ts';
import type { Output } from './base/config/start.ts';
import { asVarveError } from './base/errors/varve-error.ts';
import { NodeDisk } from './base/runtime/node-disk.ts';

const EXIT_FAILED = 1;
const EXIT_BAD_CONFIG = 2;

const disk = new NodeDisk();

const output: Output = {
  stdout: (text) => void process.stdout.write(text),
  stderr: (text) => void process.stderr.write(text),
};

function readText(path: string): string | undefined {
  // Directories above the package may not be readable; then there is nothing to read there.
  try {
    return new TextDecoder().decode(disk.readFile(path));
  } catch {
    return undefined;
  }
}

async function run(invocation: Invocation, build: BuildInfo): Promise<number> {
  if (invocation.kind === 'print') {
    output.stdout(invocation.text);
    return 0;
  }
  if (invocation.kind === 'tsdb') {
    const config = loadTsdbToolConfig(invocation.given);
    const { runTsdbTool } = await import('./admin/tsdb-tool.ts');
    return runTsdbTool(invocation.command, invocation.args, { config, ...output });
  }
  const { role, given } = invocation;
  const world = { env: process.env, readFile: (path: string) => disk.readFile(path) };
  const { config, warnings } = loadConfig(role, given, world);
  const { runGateway } = await import('./gateway.ts');
  return runGateway(role, {
    config,
    warnings,
    reloader: new ConfigReloader(config, given, world),
    build,
    process: {
      nodeVersion: process.version,
      hostname: hostname(),
      workingDirectory: process.cwd(),
      cpus: availableParallelism(),
      memoryLimitBytes: Math.min(process.constrainedMemory() || totalmem(), totalmem()),
    },
    onSignal: (signal, handler) => void process.on(signal, handler),
    ...output,
  });
}

async function main(argv: readonly string[]): Promise<number> {
  try {
    const build = readBuildInfo(import.meta.dirname, readText);
    const platform = `${process.platform}/${process.arch}`;
    const version = versionText(build, { version: process.version, platform });
    return await run(parseCommandLine(argv, version), build);
  } catch (thrown) {
    const error = asVarveError(thrown);
    output.stderr(`varve: ${error.message}\n`);
    if (error.kind === 'bug' && thrown instanceof Error) output.stderr(`${thrown.stack}\n`);
    return error.kind === 'bad_config' ? EXIT_BAD_CONFIG : EXIT_FAILED;
  }
}

// `varve tsdb dump DIR | head` closes the pipe when it has seen enough: an end, not a failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : EXIT_FAILED);
});

process.exit(await main(process.argv.slice(2)));
