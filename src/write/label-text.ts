// Label sets as text, for the one example that each reason gets in an answer. Cold.

import { U32Column } from '../base/bytes/columns.ts';
import type { SymbolTable } from '../base/bytes/symbol-table.ts';
import { printable } from '../base/errors/printable.ts';
import type { Stream } from './stream.ts';
import type { DecodedRequest } from './wire/decoded-request.ts';
import { LabelCursor } from './wire/labels-v1.ts';

/** Labels shown of one series, and bytes of the whole text. */
const LABELS_SHOWN_MAX = 16;
const TEXT_BYTES_MAX = 400;
const PART_BYTES_MAX = 80;

/** The labels of series `index` as they came, whatever is wrong with them. */
export function labelsAsSent(request: DecodedRequest, index: number): string {
  const start = request.labelStarts.at(index);
  const end = request.labelEnds.at(index);
  const parts: string[] = [];
  const { bytes } = request;
  if (request.version === 1) {
    const cursor = new LabelCursor();
    cursor.reset(request, start, end);
    while (parts.length <= LABELS_SHOWN_MAX && cursor.next()) {
      const { nameStart, nameEnd, valueStart, valueEnd } = cursor;
      parts.push(pair(bytes.subarray(nameStart, nameEnd), bytes.subarray(valueStart, valueEnd)));
    }
  } else {
    for (let at = start; at < end && parts.length <= LABELS_SHOWN_MAX; at += 2) {
      const name = symbolBytes(request, request.labelRefs.at(at));
      parts.push(pair(name, symbolBytes(request, request.labelRefs.at(at + 1))));
    }
  }
  return braced(parts);
}

/** The labels of a series in a head, with the stream's own. */
export function labelsOfSlot(stream: Stream, slot: number, symbols: SymbolTable): string {
  const ids = new U32Column();
  stream.head.labelIds(slot, ids);
  const parts = stream.lifted.map(({ name, value }) => pair(name, value));
  for (let i = 0; i + 1 < ids.length && parts.length <= LABELS_SHOWN_MAX; i += 2) {
    parts.push(pair(symbols.bytesOf(ids.at(i)), symbols.bytesOf(ids.at(i + 1))));
  }
  return braced(parts);
}

function symbolBytes(request: DecodedRequest, symbol: number): Uint8Array {
  const start = request.symbolStarts.at(symbol);
  return request.bytes.subarray(start, start + request.symbolLengths.at(symbol));
}

function pair(name: string | Uint8Array, value: string | Uint8Array): string {
  const quoted = printable(value, PART_BYTES_MAX).replace(/["\\]/g, '\\$&');
  return `${printable(name, PART_BYTES_MAX)}="${quoted}"`;
}

function braced(parts: readonly string[]): string {
  const more = parts.length > LABELS_SHOWN_MAX ? ', …' : '';
  return printable(`{${parts.slice(0, LABELS_SHOWN_MAX).join(', ')}${more}}`, TEXT_BYTES_MAX);
}
