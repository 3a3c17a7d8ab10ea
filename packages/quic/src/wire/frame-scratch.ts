import { LARGE_COUNT_START } from '@mpquic/wire';
import { RESET_TOKEN_LENGTH } from './connection-id-codecs.ts';
import type {
  AckFrame,
  CryptoFrame,
  DatagramFrame,
  EcnCounts,
  NewConnectionIdFrame,
  PaddingFrame,
  PathAckFrame,
  PathNewConnectionIdFrame,
  StreamFrame,
} from './frames.ts';
import type { Mutable } from './mutable.ts';

const NO_BYTES = new Uint8Array();
const FIRST_RANGES = 32;

/** The frames of bulk transfer and of every handshake, filled anew with each frame read, so that a packet leaves no garbage. */
export interface FrameScratch {
  readonly padding: Mutable<PaddingFrame>;
  readonly ack: Mutable<AckFrame>;
  readonly pathAck: Mutable<PathAckFrame>;
  readonly ecn: Mutable<EcnCounts>;
  readonly crypto: Mutable<CryptoFrame>;
  readonly stream: Mutable<StreamFrame>;
  readonly datagram: Mutable<DatagramFrame>;
  readonly newConnectionId: Mutable<NewConnectionIdFrame>;
  readonly pathNewConnectionId: Mutable<PathNewConnectionIdFrame>;
}

export function createFrameScratch(): FrameScratch {
  const acknowledgment = {
    ackDelay: 0,
    rangeCount: 0,
    ranges: new Float64Array(2 * FIRST_RANGES),
    ecn: undefined,
  };
  const data = { source: NO_BYTES, dataStart: 0, dataEnd: 0 };
  return {
    padding: { type: 'padding', length: 0 },
    ack: { type: 'ack', ...acknowledgment },
    pathAck: { type: 'path_ack', pathId: 0, ...acknowledgment },
    ecn: { ect0: 0, ect1: 0, ce: 0 },
    crypto: { type: 'crypto', offset: 0, ...data },
    stream: { type: 'stream', streamId: 0, offset: LARGE_COUNT_START, fin: false, ...data },
    datagram: { type: 'datagram', ...data },
    newConnectionId: { type: 'new_connection_id', ...connectionId() },
    pathNewConnectionId: { type: 'path_new_connection_id', pathId: 0, ...connectionId() },
  };
}

function connectionId() {
  return {
    sequenceNumber: 0,
    retirePriorTo: 0,
    connectionId: NO_BYTES,
    statelessResetToken: new Uint8Array(RESET_TOKEN_LENGTH),
  };
}
