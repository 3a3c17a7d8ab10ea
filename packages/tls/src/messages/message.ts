import { ByteReader, ByteWriter } from '@mpquic/wire';
import { readWhole } from '../codec.ts';
import { keepMessage } from './message-memory.ts';

/** HandshakeType code points. RFC 9846 §4 */
export const MessageType = {
  client_hello: 1,
  server_hello: 2,
  new_session_ticket: 4,
  end_of_early_data: 5,
  encrypted_extensions: 8,
  certificate: 11,
  certificate_request: 13,
  certificate_verify: 15,
  finished: 20,
  key_update: 24,
  message_hash: 254,
} as const;
export type MessageType = (typeof MessageType)[keyof typeof MessageType];

const NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(MessageType).map(([name, value]) => [value, name]),
);

export function messageName(type: number): string {
  return NAMES.get(type) ?? `message ${type}`;
}

/** Octets of type and length in front of each message. */
export const MESSAGE_HEADER_LENGTH = 4;

/** One handshake message as it came; the bytes belong to whoever receives it. */
export interface HandshakeMessage {
  readonly type: number;
  /** With its header: what goes into the transcript. */
  readonly bytes: Uint8Array;
}

/** What `read` makes of the message without its header. @throws {TlsAlert} decode_error where it leaves something over */
export function decodeBody<T>({ bytes }: HandshakeMessage, read: (reader: ByteReader) => T): T {
  return readWhole(new ByteReader(bytes, MESSAGE_HEADER_LENGTH), read);
}

/** The message whose body `write` writes, given `value`. */
export function encodeMessage(type: MessageType, write: (writer: ByteWriter) => void): Uint8Array;
export function encodeMessage<T>(
  type: MessageType,
  write: (writer: ByteWriter, value: T) => void,
  value: T,
): Uint8Array;
export function encodeMessage<T>(
  type: MessageType,
  write: (writer: ByteWriter, value: T) => void,
  value?: T,
): Uint8Array {
  return new ByteWriter()
    .uint8(type)
    .vector(3, write, value as T)
    .finish();
}

export function encodeFinished(verifyData: Uint8Array): Uint8Array {
  return new ByteWriter().uint8(MessageType.finished).byteVector(3, verifyData).finish(keepMessage);
}

/** The verify_data of a Finished. RFC 9846 §4.5.3 */
export function finishedVerifyData({ bytes }: HandshakeMessage): Uint8Array {
  return bytes.subarray(MESSAGE_HEADER_LENGTH);
}
