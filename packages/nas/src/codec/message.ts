import { type ByteReader, type ByteWriter, UnexpectedEnd } from '@mpquic/wire';
import { MalformedValue } from '../errors.ts';
import type { Fields, MandatoryPart, OptionalPart } from './part.ts';
import { subReader } from './sub-reader.ts';

/** One row of the message table: the part behind the header. */
export interface MessageDefinition<M extends { readonly type: string }> {
  readonly type: M['type'];
  /** Message type octet. TS 24.501 §9.7 */
  readonly code: number;
  readonly mandatory: readonly MandatoryPart<M>[];
  readonly optional: readonly OptionalPart<M>[];
}

/** An unknown element that the sender requires to be understood. TS 24.007 §11.2.5 */
export class ComprehensionRequired extends Error {
  readonly code = 'COMPREHENSION_REQUIRED';
  override readonly name = 'ComprehensionRequired';
}

/** Writes mandatory and optional parts in the order of the table. */
export function writeBody<M extends { readonly type: string }>(
  definition: MessageDefinition<M>,
  writer: ByteWriter,
  message: M,
): void {
  for (const part of definition.mandatory) part.write(writer, message);
  for (const part of definition.optional) part.write(writer, message);
}

/**
 * Reads what stands behind the header. An optional element that is malformed counts as absent
 * (TS 24.501 §7.7.1), a repeated one is ignored (§7.6.3), an unknown one is skipped (§7.6.1).
 * @throws {UnexpectedEnd | MalformedValue} from the mandatory part
 * @throws {ComprehensionRequired}
 */
export function readBody<M extends { readonly type: string }>(
  definition: MessageDefinition<M>,
  reader: ByteReader,
): Fields {
  const fields: Fields = { type: definition.type };
  for (const part of definition.mandatory) part.read(reader, fields);
  const seen = new Set<number>();
  while (reader.remaining > 0) {
    const octet = reader.peek();
    const identifier = octet >= 0x80 ? octet & 0xf0 : octet;
    const part = definition.optional.find((candidate) => candidate.identifier === identifier);
    const value = elementValue(reader, identifier, part);
    if (value === undefined) break;
    if (part === undefined) {
      if (identifier < 0x10) {
        throw new ComprehensionRequired(`element 0x${identifier.toString(16)} is not known`);
      }
      continue;
    }
    if (seen.has(identifier)) continue;
    seen.add(identifier);
    readOptional(part, value, fields);
  }
  return fields;
}

function readOptional<M>(part: OptionalPart<M>, value: ByteReader, fields: Fields): void {
  try {
    part.read(value, fields);
  } catch (error) {
    if (!(error instanceof UnexpectedEnd || error instanceof MalformedValue)) throw error;
  }
}

/**
 * Passes over one element and returns a reader of its value, or `undefined` where the element runs past the
 * end of the message. Unknown elements have the format that their identifier implies (TS 24.007 §11.2.4).
 */
function elementValue<M>(
  reader: ByteReader,
  identifier: number,
  part: OptionalPart<M> | undefined,
): ByteReader | undefined {
  const format = part?.format ?? impliedFormat(identifier);
  try {
    if (format === 'TV1') return subReader(reader, 1);
    reader.skip(1);
    if (format === 'TV') return subReader(reader, part?.valueLength ?? 0);
    return subReader(reader, format === 'TLV' ? reader.uint8() : reader.uint16());
  } catch (error) {
    if (error instanceof UnexpectedEnd) return undefined;
    throw error;
  }
}

function impliedFormat(identifier: number): 'TV1' | 'TLV' | 'TLV-E' {
  if (identifier >= 0x80) return 'TV1';
  return identifier >= 0x70 ? 'TLV-E' : 'TLV';
}
