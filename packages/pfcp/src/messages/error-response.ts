import type { PfcpCause } from '../cause.ts';
import type { NodeId } from '../elements/node.ts';
import { type PfcpHeader, PfcpMessageType } from './header.ts';
import type { PfcpResponse } from './message.ts';

/** What an entity says of itself in responses. */
export interface PfcpIdentity {
  readonly nodeId: NodeId;
  /** Seconds since 1900. */
  readonly recoveryTimeStamp: number;
}

/** Why a request is refused. */
export interface Refusal {
  readonly cause: PfcpCause;
  /** Type of the element at fault. */
  readonly offendingIe?: number | undefined;
  /** The peer's session endpoint identifier, where known. */
  readonly seid?: bigint;
}

type Builder = (common: {
  readonly sequenceNumber: number;
  readonly cause: PfcpCause;
  readonly seid: bigint;
  readonly identity: PfcpIdentity;
  readonly offending: { readonly offendingIe?: number };
}) => PfcpResponse;

const BUILDERS: ReadonlyMap<number, Builder> = new Map<number, Builder>([
  [
    PfcpMessageType.associationSetupRequest,
    ({ sequenceNumber, cause, identity, offending }) => ({
      type: 'associationSetupResponse',
      sequenceNumber,
      cause,
      ...identity,
      ...offending,
    }),
  ],
  [
    PfcpMessageType.associationUpdateRequest,
    ({ sequenceNumber, cause, identity: { nodeId }, offending }) => ({
      type: 'associationUpdateResponse',
      sequenceNumber,
      nodeId,
      cause,
      ...offending,
    }),
  ],
  [
    PfcpMessageType.associationReleaseRequest,
    ({ sequenceNumber, cause, identity: { nodeId }, offending }) => ({
      type: 'associationReleaseResponse',
      sequenceNumber,
      nodeId,
      cause,
      ...offending,
    }),
  ],
  [
    PfcpMessageType.sessionSetDeletionRequest,
    ({ sequenceNumber, cause, identity: { nodeId }, offending }) => ({
      type: 'sessionSetDeletionResponse',
      sequenceNumber,
      nodeId,
      cause,
      ...offending,
    }),
  ],
  [
    PfcpMessageType.sessionEstablishmentRequest,
    ({ sequenceNumber, cause, seid, identity: { nodeId }, offending }) => ({
      type: 'sessionEstablishmentResponse',
      sequenceNumber,
      seid,
      nodeId,
      cause,
      ...offending,
    }),
  ],
  [
    PfcpMessageType.sessionModificationRequest,
    ({ sequenceNumber, cause, seid, offending }) => ({
      type: 'sessionModificationResponse',
      sequenceNumber,
      seid,
      cause,
      ...offending,
    }),
  ],
  [
    PfcpMessageType.sessionDeletionRequest,
    ({ sequenceNumber, cause, seid, offending }) => ({
      type: 'sessionDeletionResponse',
      sequenceNumber,
      seid,
      cause,
      ...offending,
    }),
  ],
  [
    PfcpMessageType.sessionReportRequest,
    ({ sequenceNumber, cause, seid, offending }) => ({
      type: 'sessionReportResponse',
      sequenceNumber,
      seid,
      cause,
      ...offending,
    }),
  ],
]);

/**
 * The response that refuses the request with this header, or `undefined` where none exists: heartbeats,
 * responses and unknown messages are discarded instead. The SEID is 0 where the peer's is not known
 * (TS 29.244 §7.2.2.4.2).
 */
export function errorResponse(
  header: PfcpHeader,
  identity: PfcpIdentity,
  { cause, offendingIe, seid = 0n }: Refusal,
): PfcpResponse | undefined {
  const offending = offendingIe === undefined ? {} : { offendingIe };
  const { sequenceNumber } = header;
  return BUILDERS.get(header.messageType)?.({ sequenceNumber, cause, seid, identity, offending });
}
