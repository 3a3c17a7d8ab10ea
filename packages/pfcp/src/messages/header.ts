import { type ByteReader, type ByteWriter, UnexpectedEnd } from '@mpquic/wire';
import { PfcpDecodeError } from '../errors.ts';

/** Message types. TS 29.244 Table 7.3-1 */
export const PfcpMessageType = {
  heartbeatRequest: 1,
  heartbeatResponse: 2,
  associationSetupRequest: 5,
  associationSetupResponse: 6,
  associationUpdateRequest: 7,
  associationUpdateResponse: 8,
  associationReleaseRequest: 9,
  associationReleaseResponse: 10,
  versionNotSupportedResponse: 11,
  sessionSetDeletionRequest: 14,
  sessionSetDeletionResponse: 15,
  sessionEstablishmentRequest: 50,
  sessionEstablishmentResponse: 51,
  sessionModificationRequest: 52,
  sessionModificationResponse: 53,
  sessionDeletionRequest: 54,
  sessionDeletionResponse: 55,
  sessionReportRequest: 56,
  sessionReportResponse: 57,
} as const;

/** What stands before the elements. TS 29.244 §7.2.2 */
export interface PfcpHeader {
  /** One of {@link PfcpMessageType}, or a type not known here. */
  readonly messageType: number;
  /** 24 bits. */
  readonly sequenceNumber: number;
  /** The receiver's session endpoint identifier, 64 bits; absent in node messages. */
  readonly seid?: bigint;
}

const VERSION = 1;
const S_FLAG = 0x01;
const SESSION_MESSAGES = 50;

/** Whether messages of this type carry a SEID. */
export function isSessionMessage(messageType: number): boolean {
  return messageType >= SESSION_MESSAGES && messageType < 100;
}

/** Whether messages of this type await a response. */
export function isRequest(messageType: number): boolean {
  if (isSessionMessage(messageType)) return messageType % 2 === 0;
  return messageType < 11 ? messageType % 2 === 1 : messageType === 12 || messageType === 14;
}

/** Writes header and `body`, the length in between. */
export function writeMessage(
  writer: ByteWriter,
  header: PfcpHeader,
  body: (writer: ByteWriter) => void,
): void {
  writer.uint8((VERSION << 5) | (header.seid === undefined ? 0 : S_FLAG));
  writer.uint8(header.messageType).vector(2, (content) => {
    if (header.seid !== undefined) content.uint64(header.seid);
    content.uint24(header.sequenceNumber).uint8(0);
    body(content);
  });
}

/**
 * Reads the header and leaves `reader` at the first element.
 * @returns the header and where the message ends: octets behind it are another message or padding
 * @throws {PfcpDecodeError} without header where the octets are no PFCP message
 */
export function readHeader(reader: ByteReader): { header: PfcpHeader; end: number } {
  try {
    const flags = reader.uint8();
    const messageType = reader.uint8();
    const length = reader.uint16();
    const end = reader.offset + length;
    if (flags >>> 5 !== VERSION) {
      throw new PfcpDecodeError(`PFCP version ${flags >>> 5}`, {
        versionNotSupported: true,
        header: { messageType, sequenceNumber: readSequence(reader, flags) },
      });
    }
    if (length > reader.remaining) throw new PfcpDecodeError('a message cut short');
    const seid = (flags & S_FLAG) !== 0 ? { seid: reader.uint64() } : {};
    const sequenceNumber = reader.uint24();
    reader.skip(1);
    const header = { messageType, sequenceNumber, ...seid };
    if (end < reader.offset) throw new PfcpDecodeError('a length shorter than the header');
    if (isSessionMessage(messageType) !== (header.seid !== undefined)) {
      throw new PfcpDecodeError(`S flag and message type ${messageType} disagree`);
    }
    return { header, end };
  } catch (error) {
    if (error instanceof UnexpectedEnd) throw new PfcpDecodeError('no whole PFCP header');
    throw error;
  }
}

/** The sequence number where version 1 has it, 0 where it is missing: enough for an answer. */
function readSequence(reader: ByteReader, flags: number): number {
  const at = (flags & S_FLAG) !== 0 ? 8 : 0;
  if (reader.remaining < at + 3) return 0;
  reader.skip(at);
  return reader.uint24();
}
