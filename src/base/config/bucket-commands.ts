// The commands of `varve bucket`, which are Thanos's `thanos tools bucket` by the same names. Each
// is a role of its own in the option catalogue: a flag of one is a mistake in another.

/** What this version has. */
export const BUCKET_COMMANDS = [
  'ls',
  'inspect',
  'verify',
  'upload-blocks',
  'cleanup',
  'replicate',
  'mark',
  'unmark',
] as const;
export type BucketCommand = (typeof BUCKET_COMMANDS)[number];
export type BucketRole = `bucket ${BucketCommand}`;

/** One line each, for `--help`. */
export const BUCKET_DESCRIPTIONS: Readonly<Record<BucketCommand, string>> = {
  ls: 'List the blocks of a bucket.',
  inspect: 'Show what the meta.json of each block says, as a table.',
  verify: 'Read every byte of the blocks, and name everything that is damaged or missing.',
  'upload-blocks': 'Put the blocks of a local directory into the bucket.',
  cleanup: 'Delete blocks that are marked for deletion, and what uploads left that were cut off.',
  replicate: 'Copy blocks to another bucket, and go on where an earlier copy ended.',
  mark: 'Put a mark beside blocks: to be deleted, not compacted or not downsampled.',
  unmark: 'Take a mark away again; a block that is marked for deletion then stays.',
};

/** Commands of `thanos tools bucket` that this version does not have, with the way out. */
export const OTHER_BUCKET_COMMANDS: ReadonlyMap<string, string> = new Map([
  ['web', 'varve bucket inspect shows the same as a table'],
  ['downsample', 'a Thanos can do it on this bucket'],
  ['rewrite', 'a Thanos can do it on this bucket'],
  ['retention', 'a Thanos can do it on this bucket'],
]);

/** Thanos's short flags of these commands. */
export const BUCKET_SHORT_FLAGS: ReadonlyMap<string, string> = new Map([
  ['-o', '--output'],
  ['-l', '--selector'],
  ['-i', '--issues'],
  ['-r', '--repair'],
]);

/** The roles of these commands. */
export function bucketRoles(...commands: readonly BucketCommand[]): readonly BucketRole[] {
  return commands.map((command): BucketRole => `bucket ${command}`);
}

/** The roles of all commands. */
export const BUCKET_ROLES: readonly BucketRole[] = bucketRoles(...BUCKET_COMMANDS);
