import type { Datagram, Instant } from '@mpquic/wire';
import { closeWithError } from '../close.ts';
import { receiveWhileClosing } from '../closing-state.ts';
import { driveHandshake } from '../handshake/handshake.ts';
import { receiveRetry, receiveVersionNegotiation } from '../handshake/retry-handling.ts';
import { CONNECTION_ID_LENGTH } from '../paths/connection-id-table.ts';
import type { ConnectionState } from '../state.ts';
import { TransportError } from '../transport-error.ts';
import type { PacketHeader, PacketType } from '../wire/packet-header.ts';
import { receiveApplicationPacket } from './application-packets.ts';
import { creditOctets } from './credited-octets.ts';
import { drop, dropPacket } from './dropped-packets.ts';
import { receiveEarlyPacket, receiveHandshake, receiveInitial } from './handshake-packets.ts';
import { receiveRun } from './received-run.ts';
import { receiveStatelessReset } from './reset-detection.ts';
import { takeReadyPackets } from './waiting-packets.ts';

/** Takes a datagram apart and acts on each packet in it. */
export function receiveDatagram(state: ConnectionState, datagram: Datagram, now: Instant): void {
  if (state.lifetime.phase !== 'open') {
    receiveWhileClosing(state, datagram);
    return;
  }
  if (receiveRun(state, datagram, now)) return;
  creditOctets(state, datagram, datagram.payload.length);
  try {
    receivePackets(state, datagram, now);
    receiveReadyPackets(state, now);
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
    closeWithError(state, error, now);
  }
}

/** What came before its keys, now that they are there. */
function receiveReadyPackets(state: ConnectionState, now: Instant): void {
  if (state.earlyPackets.length === 0) return;
  for (const { datagram, arrivedAt } of takeReadyPackets(state)) {
    state.earlyArrival = arrivedAt;
    receivePackets(state, datagram, now);
  }
  state.earlyArrival = undefined;
}

function receivePackets(state: ConnectionState, datagram: Datagram, now: Instant): void {
  const { payload } = datagram;
  const reader = state.environment.workspace.datagram;
  reader.begin(payload, 0, payload.length, CONNECTION_ID_LENGTH);
  let opened = false;
  for (let header = reader.next(); header !== undefined; header = reader.next()) {
    // Nearly all packets are of this type, and a lookup by name takes longer than the comparison.
    const receive =
      header.type === 'application' ? receiveApplicationPacket : RECEIVERS[header.type];
    if (receive(state, header, datagram, now)) opened = true;
    if (state.lifetime.phase !== 'open') return;
    if (state.tls !== undefined) driveHandshake(state, now);
  }
  if (reader.problem !== undefined) dropPacket(state, reader.problem, reader.remaining, now);
  if (!opened) receiveStatelessReset(state, payload, now);
}

type Receiver = (
  state: ConnectionState,
  header: PacketHeader,
  datagram: Datagram,
  now: Instant,
) => boolean;

/** What is done with each type of packet; true where it was opened, or understood otherwise. */
const RECEIVERS: { readonly [T in PacketType]: Receiver } = {
  initial: receiveInitial,
  handshake: receiveHandshake,
  early: receiveEarlyPacket,
  application: receiveApplicationPacket,
  retry: receiveRetry,
  version_negotiation: receiveVersionNegotiation,
  unsupported_version: (state, header, _datagram, now) =>
    drop(state, 'unsupported_version', header, now),
};
