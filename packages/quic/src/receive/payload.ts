import type { Datagram, Instant } from '@mpquic/wire';
import type { PacketLevel } from '../contract.ts';
import type { Path } from '../paths/path.ts';
import type { OpenedPacket } from '../protection/packet-opening.ts';
import type { ConnectionState, HandshakeSpace } from '../state.ts';
import { cloneFrame, type Frame } from '../wire/frames.ts';
import type { PacketHeader } from '../wire/packet-header.ts';
import { acknowledgesEagerly } from './acknowledgements.ts';
import { handleFrame } from './frame-handlers.ts';
import { receivedPacket } from './received-packet.ts';

/** Handles all frames of a packet and notes that it came. */
export function handlePayload(
  state: ConnectionState,
  path: Path,
  level: PacketLevel,
  localSequence: number,
  header: PacketHeader,
  opened: OpenedPacket,
  datagram: Datagram,
  now: Instant,
): void {
  const { workspace } = state.environment;
  const { frames } = workspace;
  const { packetNumber } = opened;
  const packet = receivedPacket(workspace, level, path, localSequence, opened, datagram, now);
  state.counters.packetsReceived += 1;
  path.packetsReceived += 1;
  const observed: Frame[] | undefined = state.observer?.packetReceived ? [] : undefined;
  frames.begin(level, opened.buffer, opened.payloadStart, opened.payloadEnd);
  for (let frame = frames.next(); frame !== undefined; frame = frames.next()) {
    packet.frameType = frames.frameType;
    observed?.push(cloneFrame(frame));
    handleFrame(state, packet, frame);
    if (state.lifetime.phase !== 'open') break;
  }
  const length = header.end - header.start;
  const pathId = path.id;
  const seen = observed && { level, pathId, packetNumber, length, frames: observed };
  if (seen) state.observer?.packetReceived?.(seen, now);
  // RFC 9000 §13.2.5: the time that a packet waited for its keys counts as delay of its acknowledgement.
  const arrivedAt = state.earlyArrival ?? now;
  if (spaceOf(level) === 'application') {
    const eager = frames.ackEliciting && acknowledgesEagerly(path, now);
    path.acks.packetReceived(packetNumber, frames.ackEliciting, arrivedAt, datagram.ecn, eager);
  } else {
    const acks = handshakeSpaceOf(state, level)?.acks;
    acks?.packetReceived(packetNumber, frames.ackEliciting, arrivedAt, datagram.ecn);
  }
  state.idleSince = now;
  state.sentSinceReceived = false;
}

/** RFC 9000 §12.3: 0-RTT and 1-RTT packets are of one packet number space. */
function spaceOf(level: PacketLevel): Exclude<PacketLevel, 'early'> {
  return level === 'early' ? 'application' : level;
}

function handshakeSpaceOf(state: ConnectionState, level: PacketLevel): HandshakeSpace | undefined {
  return level === 'initial' ? state.handshake?.initial : state.handshake?.handshake;
}
