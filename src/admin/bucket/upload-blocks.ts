// `varve bucket upload-blocks`: puts local blocks into the bucket, each verified before it is sent
// and after. What is there already is compared and not sent again, so the command can be run again
// after it was cut off.

import type { BucketToolConfig } from '../../base/config/catalogue.ts';
import { configError } from '../../base/config/config-error.ts';
import { asVarveError } from '../../base/errors/varve-error.ts';
import { compareLabels, labelsText } from '../../base/model/labels.ts';
import { sizeText } from '../../base/model/size-text.ts';
import type { LocalBlock } from '../../bucket/local-block.ts';
import { throwIfEnded } from './read-blocks.ts';
import { type BucketTool, type LocalToUpload, say } from './tool.ts';

type Tool = BucketTool<BucketToolConfig<'upload-blocks'>>;

/** Uploads, oldest first; 1 when some block could not be. */
export async function uploadBlocks(tool: Tool): Promise<number> {
  const { access, config, err, progress } = tool;
  const tally = { uploaded: 0, found: 0, leftOut: 0, failed: 0, bytes: 0 };
  const onDamaged = (path: string, { message }: Error): void => {
    tally.failed++;
    err(`${path}: ${message}`);
  };
  const all = access.localBlocks(config.path, config.labels, onDamaged);
  const wanted = all.filter(({ meta }) => config.uploadCompacted || meta.compaction.level <= 1);
  tally.leftOut = all.length - wanted.length;
  if (tally.leftOut > 0)
    err(`${tally.leftOut} blocks are compacted; --shipper.upload-compacted uploads them too`);
  checkLabels(tool, wanted);
  const ofBytes = wanted.reduce((sum, { block }) => sum + bytesOf(block), 0);
  const done = { blocks: 0, ofBlocks: wanted.length, bytes: 0, ofBytes };
  for (const { block } of wanted) {
    throwIfEnded(tool);
    progress.showDone(done);
    try {
      const report = await uploadOne(tool, block);
      if (report === undefined) tally.failed++;
      else if (report.sent) tally.uploaded++;
      else tally.found++;
      tally.bytes += report?.bytesSent ?? 0;
    } catch (thrown) {
      throwIfEnded(tool);
      tally.failed++;
      err(`${block.dir}: ${asVarveError(thrown).message}`);
    }
    done.blocks++;
    done.bytes += bytesOf(block);
  }
  progress.clear();
  const { uploaded, found, failed, leftOut } = tally;
  const rest = `${found} were there, ${leftOut} left out, ${failed} failed`;
  say(tool, `${uploaded} blocks uploaded, ${sizeText(tally.bytes)}; ${rest}`);
  return failed > 0 ? 1 : 0;
}

/** Blocks without labels of their own must be given some; those with others are told of. */
function checkLabels({ config, err }: Tool, wanted: readonly LocalToUpload[]): void {
  const { labels } = config;
  const [bare] = wanted.filter(({ block }) => block.isForeign);
  if (bare !== undefined && labels.length === 0) {
    const what = `is needed: ${bare.block.dir} has no external labels of its own`;
    throw configError('--label', what);
  }
  if (labels.length === 0) return;
  for (const { block, meta } of wanted) {
    const own = meta.thanos?.labels;
    if (own !== undefined && compareLabels(own, labels) !== 0)
      err(`${block.ulid} keeps its own labels, ${labelsText(own)}`);
  }
}

/** Undefined when the block is damaged. */
async function uploadOne(tool: Tool, block: LocalBlock) {
  const { access, bucket, err, signal } = tool;
  const damage = access.verifyLocal(block.dir).filter(({ severity }) => severity === 'error');
  const [first] = damage;
  if (first !== undefined) {
    const more = damage.length > 1 ? `, and ${damage.length - 1} errors more` : '';
    const what = `${block.dir}/${first.file}: ${first.what}${more}`;
    err(`${what}; not uploaded, see varve tsdb verify`);
    return undefined;
  }
  const report = await access.uploadBlock(bucket, block, { signal });
  const size = sizeText(report.bytesSent);
  if (report.sent) say(tool, `uploaded ${block.ulid}, ${report.filesSent} files, ${size}`);
  else say(tool, `${block.ulid} is in the bucket already`);
  return report;
}

function bytesOf(block: LocalBlock): number {
  const files = block.files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  return files + block.metaBytes.length;
}
