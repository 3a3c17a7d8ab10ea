import { ByteReader, ByteWriter, UsageError } from '@mpquic/wire';
import { type Member, readMembers, writeMembers } from '../codec/member.ts';
import { IeFault, PfcpDecodeError } from '../errors.ts';
import { isSessionMessage, PfcpMessageType, readHeader, writeMessage } from './header.ts';
import * as node from './node.ts';
import * as session from './session.ts';

/** A request of a node or of a session. TS 29.244 §7.4, §7.5 */
export type PfcpRequest =
  | node.HeartbeatRequest
  | node.AssociationSetupRequest
  | node.AssociationUpdateRequest
  | node.AssociationReleaseRequest
  | node.SessionSetDeletionRequest
  | session.SessionEstablishmentRequest
  | session.SessionModificationRequest
  | session.SessionDeletionRequest
  | session.SessionReportRequest;

/** The response to a {@link PfcpRequest}. */
export type PfcpResponse =
  | node.HeartbeatResponse
  | node.AssociationSetupResponse
  | node.AssociationUpdateResponse
  | node.AssociationReleaseResponse
  | node.VersionNotSupportedResponse
  | node.SessionSetDeletionResponse
  | session.SessionEstablishmentResponse
  | session.SessionModificationResponse
  | session.SessionDeletionResponse
  | session.SessionReportResponse;

export type PfcpMessage = PfcpRequest | PfcpResponse;

type MessageTable = {
  readonly [T in PfcpMessage['type']]: readonly Member<Extract<PfcpMessage, { type: T }>>[];
};

const TABLE: MessageTable = {
  heartbeatRequest: node.heartbeatRequest,
  heartbeatResponse: node.heartbeatResponse,
  associationSetupRequest: node.associationSetupRequest,
  associationSetupResponse: node.associationSetupResponse,
  associationUpdateRequest: node.associationUpdateRequest,
  associationUpdateResponse: node.associationUpdateResponse,
  associationReleaseRequest: node.associationReleaseRequestMembers,
  associationReleaseResponse: node.associationReleaseResponse,
  versionNotSupportedResponse: node.versionNotSupportedResponse,
  sessionSetDeletionRequest: node.sessionSetDeletionRequest,
  sessionSetDeletionResponse: node.sessionSetDeletionResponse,
  sessionEstablishmentRequest: session.sessionEstablishmentRequest,
  sessionEstablishmentResponse: session.sessionEstablishmentResponse,
  sessionModificationRequest: session.sessionModificationRequest,
  sessionModificationResponse: session.sessionModificationResponse,
  sessionDeletionRequest: session.sessionDeletionRequest,
  sessionDeletionResponse: session.sessionDeletionResponse,
  sessionReportRequest: session.sessionReportRequest,
  sessionReportResponse: session.sessionReportResponse,
};

const TYPE_BY_CODE: ReadonlyMap<number, PfcpMessage['type']> = new Map(
  (Object.keys(TABLE) as PfcpMessage['type'][]).map((type) => [PfcpMessageType[type], type]),
);

/** The name of a message type as TS 29.244 writes it, for example `Session Report Request`. */
export function pfcpMessageName(type: PfcpMessage['type']): string {
  const spaced = type.replaceAll(/[A-Z]/g, (letter) => ` ${letter}`);
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}

/** The octets of a message. @throws {UsageError} on a mandatory element that the types cannot exclude */
export function encodePfcp(message: PfcpMessage): Uint8Array {
  const members = TABLE[message.type] as readonly Member<PfcpMessage>[];
  const messageType = PfcpMessageType[message.type];
  const seid = 'seid' in message ? { seid: message.seid } : {};
  if (isSessionMessage(messageType) !== 'seid' in message) {
    throw new UsageError(`${message.type} and a SEID do not belong together`);
  }
  const writer = new ByteWriter(256);
  const header = { messageType, sequenceNumber: message.sequenceNumber, ...seid };
  writeMessage(writer, header, (body) => writeMembers(members, body, message));
  return writer.finish();
}

/**
 * Reads one message. What it returns refers to no octet of `bytes`, so that these may be reused or wiped.
 * @throws {PfcpDecodeError}
 */
export function decodePfcp(bytes: Uint8Array): PfcpMessage {
  const { header, end } = readHeader(new ByteReader(bytes));
  const type = TYPE_BY_CODE.get(header.messageType);
  if (type === undefined) throw new PfcpDecodeError(`message type ${header.messageType}`);
  const headerLength = header.seid === undefined ? 8 : 16;
  const members = TABLE[type] as readonly Member<PfcpMessage>[];
  const { messageType: _, ...fields } = header;
  try {
    const body = readMembers(members, new ByteReader(bytes, headerLength, end), 0);
    return { type, ...fields, ...body } as unknown as PfcpMessage;
  } catch (error) {
    if (!(error instanceof IeFault)) throw error;
    const { cause, offendingIe } = error;
    throw new PfcpDecodeError(`${type}: ${error.message}`, { cause, offendingIe, header });
  }
}
