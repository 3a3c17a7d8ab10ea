import { ByteReader, ByteWriter, fromUtf8, UnexpectedEnd, utf8 } from '@mpquic/wire';

/** A question of class IN. RFC 1035 §4.1.2 */
export interface DnsQuestion {
  readonly id: number;
  readonly name: string;
  /** 1 for A. */
  readonly type: number;
}

const HEADER_LENGTH = 12;
const TYPE_A = 1;
const CLASS_IN = 1;
/** Response, authoritative, recursion desired and available. RFC 1035 §4.1.1 */
const ANSWER_FLAGS = 0x8580;
const NXDOMAIN = 3;

/** A query for one name. */
export function encodeQuery({ id, name, type }: DnsQuestion): Uint8Array {
  const writer = new ByteWriter(64).uint16(id).uint16(0x0100);
  writer.uint16(1).uint16(0).uint16(0).uint16(0);
  return writeQuestion(writer, name, type).finish();
}

/**
 * Answers a query for an A record from a table of names; names that are not in it do not exist. Undefined for what
 * is no query.
 */
export function answerQuery(
  query: Uint8Array,
  addresses: ReadonlyMap<string, Uint8Array>,
): Uint8Array | undefined {
  const question = readQuestion(query);
  if (question === undefined) return undefined;
  const { id, name, type } = question;
  const address = type === TYPE_A ? addresses.get(name) : undefined;
  const code = addresses.has(name) ? 0 : NXDOMAIN;
  const writer = new ByteWriter(64).uint16(id).uint16(ANSWER_FLAGS | code);
  writer.uint16(1).uint16(address === undefined ? 0 : 1);
  writer.uint16(0).uint16(0);
  writeQuestion(writer, name, type);
  if (address === undefined) return writer.finish();
  // The name of the question, by a pointer. RFC 1035 §4.1.4
  writer.uint16(0xc000 | HEADER_LENGTH);
  writer.uint16(TYPE_A).uint16(CLASS_IN).uint32(60);
  return writer.vector(2, (body) => body.bytes(address)).finish();
}

/** The address of an answer, or undefined where it has none. */
export function readAnswer(answer: Uint8Array): {
  readonly id: number;
  readonly address?: Uint8Array;
} {
  const id = ((answer[0] ?? 0) << 8) | (answer[1] ?? 0);
  const count = ((answer[6] ?? 0) << 8) | (answer[7] ?? 0);
  return count === 0 ? { id } : { id, address: answer.slice(-4) };
}

function readQuestion(query: Uint8Array): DnsQuestion | undefined {
  const reader = new ByteReader(query);
  try {
    const id = reader.uint16();
    const flags = reader.uint16();
    if ((flags & 0x8000) !== 0 || reader.uint16() !== 1) return undefined;
    reader.skip(6);
    const labels: string[] = [];
    for (let length = reader.uint8(); length > 0; length = reader.uint8()) {
      if (length > 63) return undefined;
      labels.push(fromUtf8(reader.bytes(length)).toLowerCase());
    }
    const type = reader.uint16();
    return reader.uint16() === CLASS_IN ? { id, name: labels.join('.'), type } : undefined;
  } catch (error) {
    if (error instanceof UnexpectedEnd) return undefined;
    throw error;
  }
}

function writeQuestion(writer: ByteWriter, name: string, type: number): ByteWriter {
  for (const label of name.split('.')) writer.vector(1, (body) => body.bytes(utf8(label)));
  return writer.uint8(0).uint16(type).uint16(CLASS_IN);
}
