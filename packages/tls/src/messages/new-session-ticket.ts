import { type ByteReader, ByteWriter } from '@mpquic/wire';
import { decodeWhole, readVector } from '../codec.ts';
import { ExtensionType, findExtension, readExtensions, writeExtensions } from './extensions.ts';
import { encodeMessage, MessageType } from './message.ts';

/** RFC 9846 §4.7.1 */
export interface NewSessionTicket {
  /** Seconds. */
  readonly lifetime: number;
  readonly ageAdd: number;
  readonly nonce: Uint8Array;
  readonly ticket: Uint8Array;
  /** 0 without the early_data extension. */
  readonly maxEarlyDataSize: number;
}

export function readNewSessionTicket(reader: ByteReader): NewSessionTicket {
  const lifetime = reader.uint32();
  const ageAdd = reader.uint32();
  const nonce = readVector(reader, 1);
  const ticket = readVector(reader, 2, 1);
  const earlyData = findExtension(readExtensions(reader), ExtensionType.early_data);
  const maxEarlyDataSize = earlyData && decodeWhole(earlyData, (data) => data.uint32());
  return { lifetime, ageAdd, nonce, ticket, maxEarlyDataSize: maxEarlyDataSize ?? 0 };
}

export function encodeNewSessionTicket(message: NewSessionTicket): Uint8Array {
  const { lifetime, ageAdd, nonce, ticket, maxEarlyDataSize } = message;
  return encodeMessage(MessageType.new_session_ticket, (writer) => {
    writer
      .uint32(lifetime)
      .uint32(ageAdd)
      .vector(1, (content) => content.bytes(nonce))
      .vector(2, (content) => content.bytes(ticket));
    const data = new ByteWriter(4).uint32(maxEarlyDataSize).finish();
    writeExtensions(writer, maxEarlyDataSize > 0 ? [{ type: ExtensionType.early_data, data }] : []);
  });
}
