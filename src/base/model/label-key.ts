// The labels of a series as one piece of bytes that compares as the label set does: series of
// several sources are merged by it, and two series are the same when their keys are.
//
// Name, value, name, value … by name, each followed by a zero byte. In them the bytes 0 and 1 stand
// as 1 1 and 1 2, so that the zero is below all that a longer string could go on with.
// Invariant: comparing two keys byte by byte is Prometheus's order of series, by UTF-8 bytes.

import { ByteReader } from '../bytes/byte-reader.ts';
import { ByteWriter } from '../bytes/byte-writer.ts';
import { assert } from '../errors/assert.ts';
import type { Label, Labels } from './labels.ts';

const END = 0;
const ESCAPE = 1;

const decoder = new TextDecoder();

/** Builds keys, one after the other, in one buffer. */
export class LabelKeyWriter {
  readonly #writer = new ByteWriter(512);

  /** Begins the next key. */
  begin(): void {
    this.#writer.clear();
  }

  /** Adds a name or a value. */
  add(text: Uint8Array): void {
    const writer = this.#writer;
    for (const byte of text) {
      if (byte <= ESCAPE) {
        writer.u8(ESCAPE);
        writer.u8(byte + 1);
      } else {
        writer.u8(byte);
      }
    }
    writer.u8(END);
  }

  /** A copy of the key. */
  key(): Uint8Array {
    return this.#writer.view().slice();
  }
}

/** The key of a label set. */
export function labelKeyOf(labels: Labels): Uint8Array {
  const writer = new LabelKeyWriter();
  for (const { name, value } of labels) {
    writer.add(Buffer.from(name));
    writer.add(Buffer.from(value));
  }
  return writer.key();
}

/** The labels of a key as text; bytes that are not UTF-8 come as U+FFFD. */
export function labelsOfKey(key: Uint8Array): Labels {
  const reader = new ByteReader().reset(key);
  const scratch = new ByteWriter(key.length);
  const labels: Label[] = [];
  while (reader.remaining > 0) {
    const name = readText(reader, scratch);
    labels.push({ name, value: readText(reader, scratch) });
  }
  return labels;
}

function readText(reader: ByteReader, scratch: ByteWriter): string {
  scratch.clear();
  for (let byte = reader.u8(); byte !== END; byte = reader.u8()) {
    if (byte !== ESCAPE) {
      scratch.u8(byte);
      continue;
    }
    const escaped = reader.u8();
    assert(escaped === 1 || escaped === 2, 'a label key is one that LabelKeyWriter made');
    scratch.u8(escaped - 1);
  }
  return decoder.decode(scratch.view());
}
