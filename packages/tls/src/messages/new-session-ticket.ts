import type { ByteReader, ByteWriter } from '@mpquic/wire';
import { readVector } from '../codec.ts';
import { ExtensionBlock, ExtensionType, writeExtension } from './extensions.ts';
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
  const extensions = ExtensionBlock.read(reader);
  const maxEarlyDataSize = extensions.decode(ExtensionType.early_data, readUint32);
  return { lifetime, ageAdd, nonce, ticket, maxEarlyDataSize: maxEarlyDataSize ?? 0 };
}

export function encodeNewSessionTicket(message: NewSessionTicket): Uint8Array {
  const { lifetime, ageAdd, nonce, ticket, maxEarlyDataSize } = message;
  return encodeMessage(MessageType.new_session_ticket, (writer) =>
    writer
      .uint32(lifetime)
      .uint32(ageAdd)
      .byteVector(1, nonce)
      .byteVector(2, ticket)
      .vector(2, (extensions) => {
        if (maxEarlyDataSize > 0) {
          writeExtension(extensions, ExtensionType.early_data, writeUint32, maxEarlyDataSize);
        }
      }),
  );
}

function readUint32(reader: ByteReader): number {
  return reader.uint32();
}

function writeUint32(writer: ByteWriter, value: number): void {
  writer.uint32(value);
}
