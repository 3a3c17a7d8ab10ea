import type { Datagram, Instant } from '@mpquic/wire';
import { isAcceptableSource, packetArrivedOn, pathOfPacket } from '../path-verbs/path-arrivals.ts';
import type { Path } from '../paths/path.ts';
import type { OpenedPacket } from '../protection/packet-opening.ts';
import { Space } from '../recovery/loss-detection.ts';
import type { ConnectionState } from '../state.ts';
import type { PacketHeader } from '../wire/packet-header.ts';
import { drop } from './dropped-packets.ts';
import { handlePayload } from './payload.ts';
import { keepEarly } from './waiting-packets.ts';

/** 1-RTT. RFC 9000 §17.3.1 */
export function receiveApplicationPacket(
  state: ConnectionState,
  header: PacketHeader,
  datagram: Datagram,
  now: Instant,
): boolean {
  const { keys, environment } = state;
  const id = environment.connectionIds.find(header.buffer, header.destinationStart);
  if (id === undefined || id.owner !== state.owner) {
    return drop(state, 'unknown_connection_id', header, now);
  }
  // RFC 9001 §5.7: 1-RTT packets MUST NOT be processed before the handshake is complete.
  if (keys === undefined || !state.handshakeComplete) {
    return keepEarly(state, 'application', header, datagram, now);
  }
  const known = state.paths.get(id.pathId);
  const opened = environment.workspace.opened;
  const largest = known === undefined ? -1 : known.acks.largestReceived;
  const { inRun } = environment.workspace;
  inRun.run = datagram.run;
  if (!keys.open(header, id.pathId, largest, now, opened, inRun)) {
    return drop(state, 'decryption_failed', header, now);
  }
  const path = known ?? pathOfPacket(state, id.pathId, datagram);
  if (path === undefined) return drop(state, 'path_not_open', header, now);
  if (path.acks.isDuplicate(opened.packetNumber)) return drop(state, 'duplicate', header, now);
  if (opened.keysUpdated) notifyKeyUpdate(state, opened, now);
  // RFC 9001 §4.9.3: a server discards 0-RTT keys with the first 1-RTT packet.
  if (state.early?.keys.canOpen === true) state.early.keys.dispose();
  if (!isAcceptableSource(state, path, datagram)) {
    return drop(state, 'unexpected_address', header, now);
  }
  const previousLargest = path.acks.largestReceived;
  handlePayload(state, path, 'application', id.sequence, header, opened, datagram, now);
  if (state.lifetime.phase === 'open') {
    if (path.suspect) probeSuspect(path, now);
    const isLatest = opened.packetNumber > previousLargest;
    const { probing } = environment.workspace.frames;
    packetArrivedOn(state, path, datagram, id.sequence, isLatest, probing, now);
  }
  return true;
}

/** What comes over a suspect path is a sign that packets may get through again: asks at once. */
function probeSuspect(path: Path, now: Instant): void {
  const { loss } = path.recovery;
  if (now - path.packets.lastAckElicitingSentAt < loss.probeTimeout) return;
  loss.resetBackoff(now);
  path.probesOwed = 1;
  path.probeSpace = Space.application;
}

function notifyKeyUpdate(state: ConnectionState, opened: OpenedPacket, now: Instant): void {
  state.counters.keyUpdates += 1;
  state.events.push({ type: 'key_updated', keyPhase: opened.generation, by: 'peer' });
  state.observer?.keyUpdated?.(opened.generation, 'peer', now);
}
