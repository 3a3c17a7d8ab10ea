import { ByteReader, ByteWriter, UnexpectedEnd } from '@mpquic/wire';
import { DynamicTable } from './dynamic-table.ts';
import { type Field, fieldSize } from './field.ts';
import { HuffmanError } from './huffman.ts';
import {
  QpackSyntaxError,
  readPrefixedInteger,
  readString,
  StringTooLong,
  writePrefixedInteger,
} from './primitives.ts';
import { STATIC_TABLE } from './static-table.ts';

/** Connection errors of QPACK. RFC 9204 §6 */
export type QpackFailure =
  | 'QPACK_DECOMPRESSION_FAILED'
  | 'QPACK_ENCODER_STREAM_ERROR'
  | 'QPACK_DECODER_STREAM_ERROR';

/** The peer's QPACK data is wrong: the connection is to be closed with this code. */
export class QpackError extends Error {
  readonly code: QpackFailure;
  override readonly name = 'QpackError';

  constructor(code: QpackFailure, reason: string) {
    super(reason);
    this.code = code;
  }
}

/** A field section is larger than this side announced; only its stream is at fault. RFC 9114 §4.2.2 */
export class FieldSectionTooLarge extends Error {
  readonly code = 'FIELD_SECTION_TOO_LARGE';
  override readonly name = 'FieldSectionTooLarge';
}

export interface QpackDecoderOptions {
  /** SETTINGS_QPACK_MAX_TABLE_CAPACITY, in octets. */
  readonly maximumTableCapacity: number;
  /** SETTINGS_MAX_FIELD_SECTION_SIZE, in octets as RFC 9114 §4.2.2 counts them. */
  readonly maximumFieldSectionSize: number;
}

const MAX_INSTRUCTION = 65_536;

/**
 * Decodes field sections. Announces no blocked streams, so a section that needs entries which have not
 * arrived is an error of the peer. RFC 9204 §2.1.2
 */
export class QpackDecoder {
  readonly #options: QpackDecoderOptions;
  readonly #table: DynamicTable;
  #instructions: Uint8Array = new Uint8Array();
  #acknowledgments = new ByteWriter();

  constructor(options: QpackDecoderOptions) {
    this.#options = options;
    this.#table = new DynamicTable(options.maximumTableCapacity);
  }

  /** What to send on the decoder stream, or undefined. RFC 9204 §4.4 */
  nextInstructions(): Uint8Array | undefined {
    if (this.#acknowledgments.length === 0) return undefined;
    const bytes = this.#acknowledgments.finish();
    this.#acknowledgments = new ByteWriter();
    return bytes;
  }

  /** The stream ends before its field sections were all decoded. RFC 9204 §2.2.2.2 */
  cancelStream(streamId: number): void {
    // 01 Stream ID(6+). RFC 9204 §4.4.2
    if (this.#options.maximumTableCapacity > 0) {
      writePrefixedInteger(this.#acknowledgments, 0x40, 6, streamId);
    }
  }

  /** Octets of the peer's encoder stream. @throws {QpackError} */
  receiveInstructions(bytes: Uint8Array): void {
    const joined = new Uint8Array(this.#instructions.length + bytes.length);
    joined.set(this.#instructions);
    joined.set(bytes, this.#instructions.length);
    const reader = new ByteReader(joined);
    const before = this.#table.insertCount;
    let complete = 0;
    try {
      while (reader.remaining > 0) {
        this.#instruction(reader);
        complete = reader.offset;
      }
    } catch (error) {
      if (!(error instanceof UnexpectedEnd)) throw asFailure('QPACK_ENCODER_STREAM_ERROR', error);
    }
    this.#instructions = joined.slice(complete);
    if (this.#instructions.length > MAX_INSTRUCTION) {
      throw new QpackError('QPACK_ENCODER_STREAM_ERROR', 'an instruction is too long');
    }
    const inserted = this.#table.insertCount - before;
    // 00 Increment(6+). RFC 9204 §4.4.3
    if (inserted > 0) writePrefixedInteger(this.#acknowledgments, 0, 6, inserted);
  }

  /**
   * The fields of one encoded section.
   * @throws {QpackError} which ends the connection
   * @throws {FieldSectionTooLarge} which ends the request
   */
  decode(streamId: number, section: Uint8Array): Field[] {
    try {
      return this.#decode(streamId, new ByteReader(section));
    } catch (error) {
      if (error instanceof StringTooLong) throw new FieldSectionTooLarge(error.message);
      throw asFailure('QPACK_DECOMPRESSION_FAILED', error);
    }
  }

  #decode(streamId: number, reader: ByteReader): Field[] {
    const required = this.#requiredInsertCount(readPrefixedInteger(reader, 8));
    if (required > this.#table.insertCount) {
      throw new QpackSyntaxError('a field section needs entries that have not arrived');
    }
    const below = (reader.peek() & 0x80) !== 0;
    const delta = readPrefixedInteger(reader, 7);
    const base = below ? required - delta - 1 : required + delta;
    if (base < 0) throw new QpackSyntaxError('the base is negative');
    const fields: Field[] = [];
    let size = 0;
    while (reader.remaining > 0) {
      const field = this.#fieldLine(reader, base, required);
      size += fieldSize(field);
      if (size > this.#options.maximumFieldSectionSize) {
        throw new FieldSectionTooLarge(
          `a field section of more than ${this.#options.maximumFieldSectionSize} octets`,
        );
      }
      fields.push(field);
    }
    // 1 Stream ID(7+): Section Acknowledgment. RFC 9204 §4.4.1
    if (required > 0) writePrefixedInteger(this.#acknowledgments, 0x80, 7, streamId);
    return fields;
  }

  /** RFC 9204 §4.5.1.1 */
  #requiredInsertCount(encoded: number): number {
    if (encoded === 0) return 0;
    const full = 2 * this.#table.maximumEntries;
    if (encoded > full) throw new QpackSyntaxError('the Required Insert Count is too large');
    const largest = this.#table.insertCount + this.#table.maximumEntries;
    const wrapped = Math.floor(largest / full) * full;
    let required = wrapped + encoded - 1;
    if (required > largest) required -= full;
    if (required <= 0) throw new QpackSyntaxError('the Required Insert Count is not valid');
    return required;
  }

  #fieldLine(reader: ByteReader, base: number, required: number): Field {
    const first = reader.peek();
    const limit = this.#options.maximumFieldSectionSize;
    if (first >= 0x80) {
      // 1 T Index(6+). RFC 9204 §4.5.2
      const fromStatic = (first & 0x40) !== 0;
      const index = readPrefixedInteger(reader, 6);
      return fromStatic ? staticField(index) : this.#dynamicField(base - index - 1, required);
    }
    if (first >= 0x40) {
      // 01 N T Index(4+). RFC 9204 §4.5.4
      const fromStatic = (first & 0x10) !== 0;
      const index = readPrefixedInteger(reader, 4);
      const named = fromStatic
        ? staticField(index)
        : this.#dynamicField(base - index - 1, required);
      return literal(named.name, readString(reader, 7, limit), (first & 0x20) !== 0);
    }
    if (first >= 0x20) {
      // 001 N H Length(3+). RFC 9204 §4.5.6
      const name = readString(reader, 3, limit);
      return literal(name, readString(reader, 7, limit), (first & 0x10) !== 0);
    }
    if (first >= 0x10) {
      // 0001 Index(4+): post-base. RFC 9204 §4.5.3
      return this.#dynamicField(base + readPrefixedInteger(reader, 4), required);
    }
    // 0000 N Index(3+): post-base name. RFC 9204 §4.5.5
    const named = this.#dynamicField(base + readPrefixedInteger(reader, 3), required);
    return literal(named.name, readString(reader, 7, limit), (first & 0x08) !== 0);
  }

  #dynamicField(absoluteIndex: number, required: number): Field {
    const field = absoluteIndex < required ? this.#table.at(absoluteIndex) : undefined;
    if (field === undefined) throw new QpackSyntaxError('a reference to no dynamic table entry');
    return field;
  }

  /** RFC 9204 §4.3 */
  #instruction(reader: ByteReader): void {
    const first = reader.peek();
    const count = this.#table.insertCount;
    const limit = this.#options.maximumTableCapacity;
    if (first >= 0x80) {
      const fromStatic = (first & 0x40) !== 0;
      const index = readPrefixedInteger(reader, 6);
      const named = fromStatic ? staticField(index) : this.#dynamicField(count - index - 1, count);
      this.#insert(literal(named.name, readString(reader, 7, limit), false));
    } else if (first >= 0x40) {
      const name = readString(reader, 5, limit);
      this.#insert(literal(name, readString(reader, 7, limit), false));
    } else if (first >= 0x20) {
      const capacity = readPrefixedInteger(reader, 5);
      if (!this.#table.setCapacity(capacity)) {
        throw new QpackSyntaxError('a capacity above the announced maximum');
      }
    } else {
      const index = readPrefixedInteger(reader, 5);
      this.#insert(this.#dynamicField(count - index - 1, count));
    }
  }

  #insert(field: Field): void {
    if (!this.#table.insert(field)) throw new QpackSyntaxError('an entry larger than the table');
  }
}

function staticField(index: number): Field {
  const line = STATIC_TABLE[index];
  if (line === undefined) throw new QpackSyntaxError(`no static table entry ${index}`);
  return { name: line[0], value: line[1] };
}

function literal(name: string, value: string, sensitive: boolean): Field {
  return sensitive ? { name, value, sensitive } : { name, value };
}

function asFailure(code: QpackFailure, error: unknown): unknown {
  const known =
    error instanceof QpackSyntaxError ||
    error instanceof StringTooLong ||
    error instanceof HuffmanError ||
    error instanceof UnexpectedEnd;
  return known ? new QpackError(code, error.message) : error;
}
