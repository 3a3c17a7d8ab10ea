import type { Instant, Transmit } from '@mpquic/wire';
import { discardInitialSpace } from '../handshake/handshake-spaces.ts';
import type { Path } from '../paths/path.ts';
import { Space } from '../recovery/loss-detection.ts';
import type { ConnectionState, HandshakeSpace, HandshakeState } from '../state.ts';
import { writeAck } from './ack-writing.ts';
import { writeCrypto } from './crypto-writing.ts';
import { sendAgain } from './delivery.ts';
import type { PacketDraft } from './packet-draft.ts';
import { beginLongPacket, finishTransmit, packetSent, sealOne } from './packet-sending.ts';
import { appendToHandshake, mayFollowHandshake } from './transmit-run.ts';

/** RFC 9000 §14.1 */
const HANDSHAKE_DATAGRAM = 1200;

/** Header, ACK and tag take less; with less room no packet is begun. */
const LEAST_PACKET = 128;

/**
 * One datagram of Initial and Handshake packets, coalesced; false where neither has anything to send.
 * RFC 9000 §12.2, §14.1
 */
export function transmitHandshake(state: ConnectionState, now: Instant, into: Transmit): boolean {
  const { handshake } = state;
  const path = state.paths.get(0);
  if (handshake === undefined || path === undefined) return false;
  if (owesHandshakeProbe(path)) repeatOutstanding(state, handshake);
  const initial = wantsPacket(path, handshake.initial, now) ? handshake.initial : undefined;
  const second = wantsPacket(path, handshake.handshake, now) ? handshake.handshake : undefined;
  if (initial === undefined && second === undefined) return false;
  const length = fillDatagram(state, path, initial, second, into, now);
  if (length === 0) return false;
  // RFC 9001 §4.9.1: a client discards Initial keys with its first Handshake packet.
  if (state.role === 'client' && second !== undefined) discardInitialSpace(state, now);
  finishTransmit(state, path, path.network, into, length, length, 1);
  return true;
}

/** Packets of the spaces that want one, and of 1-RTT where they may follow. Returns their octets. */
function fillDatagram(
  state: ConnectionState,
  path: Path,
  initial: HandshakeSpace | undefined,
  second: HandshakeSpace | undefined,
  into: Transmit,
  now: Instant,
): number {
  const { start } = into;
  const end = start + Math.min(HANDSHAKE_DATAGRAM, path.network.amplification.allowance);
  let at = start;
  let padded = false;
  let ackEliciting = false;
  let follows = false;
  let space = initial ?? second;
  while (space !== undefined && end - at >= LEAST_PACKET) {
    const next = space === initial ? second : undefined;
    const draft = beginLongPacket(state, path, space, into, at, end);
    writeFrames(path, space, draft);
    if (!draft.isEmpty) {
      padded ||= mustPad(state, space, draft);
      follows = mayBeFollowed(state, path, space, draft, now);
      const isLast = next === undefined && !follows;
      if (padded && (isLast || draft.room < LEAST_PACKET)) draft.padTo(end - at);
      const size = draft.finish(state.environment.workspace.sealTable, 0, 0);
      sealOne(state, space.keys.sealer, into);
      packetSent(state, path, space.packets, draft, size, now);
      ackEliciting ||= draft.ackEliciting;
      at += size;
    }
    space = next;
  }
  if (ackEliciting && owesHandshakeProbe(path)) path.probesOwed -= 1;
  if (follows) at += appendToHandshake(state, path, now, into, at, end, padded);
  return at - start;
}

/** Whether a probe timeout asks for a datagram of ack-eliciting Initial or Handshake packets. */
function owesHandshakeProbe(path: Path): boolean {
  return path.probesOwed > 0 && path.probeSpace !== Space.application;
}

/**
 * Each probe repeats what is outstanding of both spaces: for some of it the peer may lack the keys, and a PING moves
 * no handshake on. RFC 9002 §6.2.4
 */
function repeatOutstanding(state: ConnectionState, { initial, handshake }: HandshakeState): void {
  if (initial?.crypto.hasFrame === true || handshake?.crypto.hasFrame === true) return;
  if (initial !== undefined) sendAgain(state, initial.packets, HANDSHAKE_DATAGRAM);
  if (handshake !== undefined) sendAgain(state, handshake.packets, HANDSHAKE_DATAGRAM);
}

/** A client that has sent its last message may send 1-RTT packets at once. RFC 9001 §5.7 */
function mayBeFollowed(
  state: ConnectionState,
  path: Path,
  space: HandshakeSpace,
  draft: PacketDraft,
  now: Instant,
): boolean {
  if (state.role !== 'client' || space.level !== 'handshake') return false;
  return draft.room >= LEAST_PACKET && mayFollowHandshake(state, path, now);
}

function wantsPacket(path: Path, space: HandshakeSpace | undefined, now: Instant): boolean {
  if (space === undefined || space.keys.sealer === undefined || space.packets.full) return false;
  if (space.acks.isDue(now)) return true;
  if (space.crypto.hasFrame) return hasWindow(path) || path.probesOwed > 0;
  return path.probesOwed > 0 && path.probeSpace === space.space;
}

/** Congestion control holds in the handshake too. RFC 9002 §7 */
function hasWindow(path: Path): boolean {
  return path.bytesInFlight < path.congestionWindow;
}

/** RFC 9000 §14.1: all Initial datagrams of a client, and a server's that elicit an acknowledgement. */
function mustPad(state: ConnectionState, space: HandshakeSpace, draft: PacketDraft): boolean {
  return space.level === 'initial' && (state.role === 'client' || draft.ackEliciting);
}

function writeFrames(path: Path, space: HandshakeSpace, draft: PacketDraft): void {
  if (space.acks.hasNews) writeAck(draft, space.acks, 0, undefined);
  writeCrypto(space.crypto, space.level, draft);
  if (path.probesOwed > 0 && path.probeSpace === space.space && !draft.ackEliciting)
    draft.write({ type: 'ping' });
}
