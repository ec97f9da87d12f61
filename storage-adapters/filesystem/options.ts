// `type: FILESYSTEM` of bucket.yml, as Thanos writes it (thanos docs/storage.md, Filesystem).

export interface FilesystemBucketOptions {
  /** The directory that is the bucket; created when missing. */
  readonly directory: string;
}
