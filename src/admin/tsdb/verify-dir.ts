// A data directory as a whole: whether its blocks, its log and its name contradict each other. What
// is in a block or a log is verified elsewhere.

import { asVarveError } from '../../base/errors/varve-error.ts';
import { labelValue } from '../../base/model/labels.ts';
import type { StreamIdentity } from '../../base/model/stream-labels.ts';
import type { BlockMeta } from '../../block/meta/format.ts';
import { META_FILE, STREAM_FILE, TMP_FOR_DELETION } from '../../block/paths.ts';
import type { Finding } from '../../block/verify/findings.ts';
import type { LogPosition } from '../../wal/log.ts';
import { comparedBlock, overlaps } from '../overlaps.ts';
import type { DataDir } from './locate.ts';
import type { ToolContext } from './output.ts';

/** The label that `--receive.tenant-label-name` names by default. */
const TENANT_LABEL = 'tenant_id';

interface Block {
  /** The directory's name. */
  readonly name: string;
  readonly meta: BlockMeta;
}

/** @param logEnd behind the last record of the log; undefined when there is none to compare with */
export function verifyDir(
  context: ToolContext,
  dir: DataDir,
  logEnd: LogPosition | undefined,
): readonly Finding[] {
  const blocks = readableBlocks(context, dir);
  const findings = [...overlaps(blocks.map(({ name, meta }) => comparedBlock(name, meta)))];
  for (const { name } of context.disk.list(dir.path))
    if (name.endsWith(TMP_FOR_DELETION))
      findings.push(finding('info', name, 'a block that was being removed; start-up ends that'));
  // Only a stream's directory belongs to one tenant; a bucket's holds everybody's blocks.
  if (dir.wal !== undefined) findings.push(...identity(context, dir, blocks));
  if (logEnd !== undefined) findings.push(...positions(blocks, logEnd));
  return findings;
}

/** Those whose meta.json cannot be read have findings of their own. */
function readableBlocks(context: ToolContext, dir: DataDir): readonly Block[] {
  return dir.blocks.flatMap((path) => {
    try {
      return [{ name: path.slice(path.lastIndexOf('/') + 1), meta: context.access.readMeta(path) }];
    } catch {
      return [];
    }
  });
}

/** Labels of the blocks that Varve made here, against the directory's name and stream.json. */
function* identity(
  context: ToolContext,
  dir: DataDir,
  blocks: readonly Block[],
): Generator<Finding> {
  let stream: StreamIdentity;
  try {
    stream = context.access.readStreamIdentity(dir.path);
  } catch (thrown) {
    yield finding('error', STREAM_FILE, asVarveError(thrown).message);
    return;
  }
  for (const { name, meta } of blocks) {
    // Others may have given theirs any labels.
    if (meta.thanos?.varve === undefined) continue;
    const { labels } = meta.thanos;
    const wrong = stream.lifted.filter(({ name: label, value }) => {
      return labelValue(labels, label) !== value;
    });
    const tenant = labelValue(labels, TENANT_LABEL);
    if (tenant !== '' && tenant !== stream.tenant)
      wrong.push({ name: TENANT_LABEL, value: stream.tenant });
    for (const { name: label, value } of wrong) {
      const what = `its label ${label} is not that of this stream, ${JSON.stringify(value)}`;
      yield finding('error', `${name}/${META_FILE}`, what);
    }
  }
}

/** A block that was cut when the log was longer than it is: the log has lost its end. */
function* positions(blocks: readonly Block[], end: LogPosition): Generator<Finding> {
  for (const { name, meta } of blocks) {
    const position = meta.thanos?.varve?.wal;
    if (position === undefined) continue;
    const { offset, segment } = position;
    const isBeyond =
      segment > end.segment + 1 ||
      (segment === end.segment + 1 && offset > 0) ||
      (segment === end.segment && offset > end.offset);
    if (!isBeyond) continue;
    const what =
      `it was cut at segment ${segment}, byte ${offset} of the log, ` +
      `which ends at segment ${end.segment}, byte ${end.offset}`;
    yield finding('warning', `${name}/${META_FILE}`, what);
  }
}

function finding(severity: Finding['severity'], file: string, what: string): Finding {
  return { severity, file, offset: undefined, what };
}
