// The catalogue's part on the blocks of the bucket: what was read of each meta.json and mark, so
// that a process that starts asks the bucket only for what is new.
//
// Invariant: it is bounded by the bucket. It is of one bucket; what is not listed any more goes.

import type { CachedObject, ViewCache } from '../bucket/view/view-cache.ts';
import type { Catalog } from './catalog.ts';

/** See the head of the file. */
export class ViewCatalog implements ViewCache {
  readonly #catalog: Catalog;

  constructor(catalog: Catalog) {
    this.#catalog = catalog;
  }

  load(bucket: string): readonly CachedObject[] {
    this.#catalog.write((sql) => {
      sql('DELETE FROM viewed_objects WHERE bucket <> ?').run(bucket);
    });
    const rows = this.#catalog.read((sql) =>
      sql(
        `SELECT ulid, name, size_bytes, modified_ms, content FROM viewed_objects
         WHERE bucket = ?`,
      ).all(bucket),
    );
    return (rows ?? []).map((row) => ({
      ulid: String(row.ulid),
      name: String(row.name),
      sizeBytes: Number(row.size_bytes),
      modifiedMs: Number(row.modified_ms),
      content: String(row.content),
    }));
  }

  put(bucket: string, objects: readonly CachedObject[]): void {
    this.#catalog.write((sql) => {
      const insert = sql('INSERT OR REPLACE INTO viewed_objects VALUES (?, ?, ?, ?, ?, ?)');
      for (const { ulid, name, sizeBytes, modifiedMs, content } of objects)
        insert.run(bucket, ulid, name, sizeBytes, modifiedMs, content);
    });
  }

  forget(bucket: string, objects: readonly Pick<CachedObject, 'ulid' | 'name'>[]): void {
    this.#catalog.write((sql) => {
      const remove = sql('DELETE FROM viewed_objects WHERE bucket = ? AND ulid = ? AND name = ?');
      for (const { ulid, name } of objects) remove.run(bucket, ulid, name);
    });
  }
}
