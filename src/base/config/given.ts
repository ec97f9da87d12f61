// What somebody gave for an option, before it is parsed: texts, and the place they came from.

/** Texts for one option and where they stand. */
export interface Given {
  readonly texts: readonly string[];
  /** The place to edit: `--tsdb.retention`, `environment variable X`, `varve.yml:3: key "…"`. */
  readonly where: string;
  /** For document values: the name to use in messages about what is inside. */
  readonly documentName: string;
}

/** Flag (without dashes) → what was given. */
export type GivenByFlag = ReadonlyMap<string, Given>;

/** What one source knows of an option, honoured or not. */
export interface KnownFlag {
  readonly flag: string;
  readonly isBool: boolean;
  readonly repeatable: boolean;
  readonly yamlMapping?: 'labels' | 'document';
  readonly split?: (text: string) => readonly string[];
}
