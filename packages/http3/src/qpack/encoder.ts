import { ByteWriter } from '@mpquic/wire';
import type { Field } from './field.ts';
import { writePrefixedInteger, writeString } from './primitives.ts';
import { STATIC_TABLE } from './static-table.ts';

/** Static index of a name and of a name with its value. */
const NAMES = new Map<string, number>();
const LINES = new Map<string, number>();
for (const [index, [name, value]] of STATIC_TABLE.entries()) {
  if (!NAMES.has(name)) NAMES.set(name, index);
  LINES.set(lineKey(name, value), index);
}

/**
 * A field section out of the static table and literals only: it never waits for a dynamic table, and
 * so never blocks. RFC 9204 §4.5
 */
export function encodeFieldSection(fields: readonly Field[]): Uint8Array {
  const writer = new ByteWriter(256);
  // Required Insert Count 0, Delta Base 0. RFC 9204 §4.5.1
  writer.uint8(0).uint8(0);
  for (const field of fields) writeField(writer, field);
  return writer.finish();
}

function writeField(writer: ByteWriter, field: Field): void {
  const { name, value, sensitive = false } = field;
  const line = sensitive ? undefined : LINES.get(lineKey(name, value));
  if (line !== undefined) {
    // 1 T(1) Index(6+). RFC 9204 §4.5.2
    writePrefixedInteger(writer, 0xc0, 6, line);
    return;
  }
  const never = sensitive ? 1 : 0;
  const index = NAMES.get(name);
  if (index !== undefined) {
    // 01 N T(1) Index(4+). RFC 9204 §4.5.4
    writePrefixedInteger(writer, 0x50 | (never << 5), 4, index);
  } else {
    // 001 N H Length(3+). RFC 9204 §4.5.6
    writeString(writer, 0x20 | (never << 4), 3, name);
  }
  writeString(writer, 0, 7, value);
}

function lineKey(name: string, value: string): string {
  return `${name}\n${value}`;
}
