#!/usr/bin/env node
// The program's entry: command line → role or tool → exit code. The only file that touches
// `process` (launch.cts, which the `varve` command runs first, sets the size of the thread pool).
// Exit codes: 0 after an orderly end, 1 for a failure while running, 2 for wrong flags or
// configuration.

import { availableParallelism, hostname, tmpdir, totalmem } from 'node:os';
import { resolve } from 'node:path';
import { type BuildInfo, readBuildInfo, versionText } from './base/config/build-info.ts';
import type { ServeConfig, SidecarConfig } from './base/config/catalogue.ts';
import { type Invocation, parseCommandLine } from './base/config/command-line.ts';
import type { ConfigWorld } from './base/config/config-world.ts';
import {
  loadBucketTool,
  loadCompactConfig,
  loadConfig,
  loadSidecarConfig,
  loadTsdbToolConfig,
} from './base/config/load-config.ts';
import { ConfigReloader } from './base/config/reload-config.ts';
import type { Output, ProcessFacts } from './base/config/start.ts';
import { asVarveError, VarveError } from './base/errors/varve-error.ts';
import type { Logger } from './base/observe/logger.ts';
import { watchProcess } from './base/observe/process-metrics.ts';
import { CLEAR_LINE, type Terminal } from './base/observe/terminal-line.ts';
import { threadTools } from './base/observe/thread-tools.ts';
import { NodeDisk } from './base/runtime/node-disk.ts';
import { nodeRuntime } from './base/runtime/node-runtime.ts';
import type { Random } from './base/runtime/random.ts';

const EXIT_OK = 0;
const EXIT_FAILED = 1;
const EXIT_BAD_CONFIG = 2;
/** Taken for the width of a terminal that does not tell it. */
const COLUMNS_MIN = 80;

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
  if (invocation.kind === 'bucket') return runBucket(invocation);
  if (invocation.kind === 'sidecar') return runSidecar(invocation, build);
  if (invocation.kind === 'compact') return runCompact(invocation, build);
  return runGateway(invocation, build);
}

/** A command on a bucket; the first SIGINT or SIGTERM ends it in order, the second one at once. */
async function runBucket({
  command,
  given,
}: Extract<Invocation, { kind: 'bucket' }>): Promise<number> {
  const loaded = loadBucketTool(command, given, configWorld());
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    const why = `it was told to end by ${signal}`;
    process.once(signal, () => stop.abort(new VarveError('draining', why)));
  }
  const { runBucketTool } = await import('./admin/bucket-tool.ts');
  const isTerminal = process.stderr.isTTY === true;
  const facts = { loaded, isTerminal, hostname: hostname() };
  return runBucketTool({ ...facts, signal: stop.signal, ...output }, nodeRuntime());
}

function configWorld(): ConfigWorld {
  return { env: process.env, readFile: (path: string) => disk.readFile(path) };
}

/** Runs `serve` or `receive` until it is told to end: configuration, lock, start, drain. */
async function runGateway(
  { role, given }: Extract<Invocation, { kind: 'gateway' }>,
  build: BuildInfo,
): Promise<number> {
  const world = configWorld();
  const { config, warnings } = loadConfig(role, given, world);
  const { Gateway } = await import('./gateway.ts'); // most of the program; tools do without it
  const runtime = nodeRuntime();
  const logging = { level: config.logLevel, format: config.logFormat };
  const tools = threadTools('', logging, runtime.clock);
  const { logger } = tools;
  for (const warning of warnings) logger.warn(warning);
  const { version, revision } = build;
  logger.info('starting varve', { role, version, revision, dir: config.tsdbPath });
  const lock = runtime.locks.acquire(config.tsdbPath);
  try {
    const reloader = new ConfigReloader(config, given, world);
    const facts = { process: processFacts(), readProcess: watchProcess() };
    const gateway = new Gateway(config, { runtime, tools, build, reloader, ...facts });
    // A configuration that is wrong has been logged by the reload and changes nothing.
    process.on('SIGHUP', () => void gateway.reload().catch(() => undefined));
    return await runToItsEnd(gateway, logger, () => output.stdout(pasteBlock(config)));
  } finally {
    lock.release();
  }
}

/** Runs `sidecar` until it is told to end. */
async function runSidecar(
  { given }: Extract<Invocation, { kind: 'sidecar' }>,
  build: BuildInfo,
): Promise<number> {
  const world = configWorld();
  const { config, warnings } = loadSidecarConfig(given, world);
  const { Sidecar } = await import('./sidecar.ts');
  const runtime = nodeRuntime();
  const logging = { level: config.logLevel, format: config.logFormat };
  const tools = threadTools('', logging, runtime.clock);
  const { logger } = tools;
  for (const warning of warnings) logger.warn(warning);
  const { version, revision } = build;
  logger.info('starting varve', { role: 'sidecar', version, revision, dir: config.tsdbPath });
  const stateDir = sidecarDir(config, runtime.random);
  const lock = runtime.locks.acquire(stateDir);
  try {
    const facts = { process: processFacts(), readProcess: watchProcess() };
    const sidecar = new Sidecar(config, { runtime, tools, build, stateDir, ...facts });
    process.on('SIGHUP', () => sidecar.askAgain());
    return await runToItsEnd(sidecar, logger);
  } finally {
    lock.release();
    if (config.dataDir === undefined) disk.removeTree(stateDir);
  }
}

/** Runs `compact`: once, or until it is told to end. */
async function runCompact(
  { given }: Extract<Invocation, { kind: 'compact' }>,
  build: BuildInfo,
): Promise<number> {
  const { config, warnings } = loadCompactConfig(given, configWorld());
  const { Compactor } = await import('./compactor.ts');
  const runtime = nodeRuntime();
  const terminal = terminalOf();
  const before = terminal === undefined ? '' : CLEAR_LINE;
  const logging = { level: config.logLevel, format: config.logFormat, before };
  const tools = threadTools('', logging, runtime.clock);
  const { logger } = tools;
  for (const warning of warnings) logger.warn(warning);
  const { version, revision } = build;
  const { workDir } = config.compaction;
  logger.info('starting varve', { role: 'compact', version, revision, dir: workDir });
  // A plan can be printed beside a compactor that runs.
  const lock = config.dryRun ? undefined : runtime.locks.acquire(workDir);
  try {
    const facts = { process: processFacts(), readProcess: watchProcess() };
    const shown = terminal === undefined ? {} : { terminal };
    const compactor = new Compactor(config, { runtime, tools, build, output, ...shown, ...facts });
    return await runToItsEnd(compactor, logger);
  } finally {
    lock?.release();
  }
}

/** A terminal that a person looks at; undefined for a pipe or a file. */
function terminalOf(): Terminal | undefined {
  if (process.stderr.isTTY !== true || process.env.TERM === 'dumb') return undefined;
  // A terminal that tells no width, as a new pty does, has 0 columns.
  return { write: output.stderr, columns: () => process.stderr.columns || COLUMNS_MIN };
}

/** `--data-dir`, or a new directory that goes with the process. */
function sidecarDir({ dataDir }: SidecarConfig, random: Random): string {
  if (dataDir !== undefined) return resolve(dataDir);
  return `${tmpdir()}/varve-sidecar-${Buffer.from(random.bytes(8)).toString('hex')}`;
}

/** A role that runs until it is told to end. */
interface LongRunning {
  readonly ended: Promise<{ readonly why: string; readonly failed: boolean }>;
  start(): Promise<void>;
  quit(why: string): void;
  close(): Promise<boolean>;
}

async function runToItsEnd(
  role: LongRunning,
  logger: Logger,
  onStarted: () => void = () => undefined,
): Promise<number> {
  process.on('SIGTERM', () => role.quit('SIGTERM'));
  process.on('SIGINT', () => role.quit('SIGINT'));
  const started = role.start().then(onStarted);
  const end = await Promise.race([role.ended, started.then(() => role.ended)]);
  if (end.failed) logger.error('ending', { why: end.why });
  else logger.info('ending', { why: end.why });
  const orderly = await role.close();
  logger.info('See you next time!');
  return end.failed || !orderly ? EXIT_FAILED : EXIT_OK;
}

function processFacts(): ProcessFacts {
  return {
    nodeVersion: process.version,
    hostname: hostname(),
    workingDirectory: process.cwd(),
    cpus: availableParallelism(),
    memoryLimitBytes: Math.min(process.constrainedMemory() || totalmem(), totalmem()),
  };
}

/** What a person pastes into prometheus.yml to send to this Varve. */
function pasteBlock({ remoteWriteAddress: { port } }: ServeConfig): string {
  return [
    '# Varve is ready. Paste this into prometheus.yml:',
    'remote_write:',
    `  - url: http://127.0.0.1:${port}/api/v1/receive`,
    '',
  ].join('\n');
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

const exitCode = await main(process.argv.slice(2));
// A pipe takes what was written piece by piece: leaving before it has all would cut off a dump.
await new Promise<void>((written) => process.stdout.write('', () => written()));
process.exit(exitCode);
