import { ByteWriter, utf8 } from '@mpquic/wire';

/** A question of class IN. RFC 1035 §4.1.2 */
export interface DnsQuestion {
  readonly id: number;
  readonly name: string;
  /** 1 for A. */
  readonly type: number;
}

const CLASS_IN = 1;
const RECURSION_DESIRED = 0x0100;

/** A query for one name. */
export function encodeQuery({ id, name, type }: DnsQuestion): Uint8Array {
  const writer = new ByteWriter(64).uint16(id).uint16(RECURSION_DESIRED);
  writer.uint16(1).uint16(0).uint16(0).uint16(0);
  return writeQuestion(writer, name, type).finish();
}

/** The question section of a query or an answer. */
export function writeQuestion(writer: ByteWriter, name: string, type: number): ByteWriter {
  for (const label of name.split('.')) writer.vector(1, (body) => body.bytes(utf8(label)));
  return writer.uint8(0).uint16(type).uint16(CLASS_IN);
}

/** The identifier of an answer, and the address in it, where it has one. */
export function readAnswer(answer: Uint8Array): {
  readonly id: number;
  readonly address?: Uint8Array;
} {
  const id = ((answer[0] ?? 0) << 8) | (answer[1] ?? 0);
  const count = ((answer[6] ?? 0) << 8) | (answer[7] ?? 0);
  return count === 0 ? { id } : { id, address: answer.slice(-4) };
}
