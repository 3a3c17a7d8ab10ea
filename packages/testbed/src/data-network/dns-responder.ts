import { type DnsQuestion, writeQuestion } from '@mpquic/ue-agent';
import { ByteReader, ByteWriter, fromUtf8, UnexpectedEnd } from '@mpquic/wire';

const HEADER_LENGTH = 12;
const TYPE_A = 1;
const CLASS_IN = 1;
/** Response, authoritative, recursion desired and available. RFC 1035 §4.1.1 */
const ANSWER_FLAGS = 0x8580;
const NXDOMAIN = 3;

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
