import { equalBytes, type Instant } from '@mpquic/wire';
import { closeSilently } from '../close.ts';
import { dropPacket } from '../receive/dropped-packets.ts';
import type { ConnectionState } from '../state.ts';
import { TransportErrorCode } from '../transport-error.ts';
import {
  destinationConnectionId,
  headerToken,
  type PacketHeader,
  sourceConnectionId,
} from '../wire/packet-header.ts';
import { verifyRetry } from '../wire/retry.ts';
import { readSupportedVersions } from '../wire/version-negotiation.ts';
import { resendEarlyPackets } from './early-data.ts';
import { initialKeys } from './handshake-spaces.ts';

/** A client starts over with the server's token and connection ID, once. RFC 9000 §17.2.5.2 */
export function receiveRetry(
  state: ConnectionState,
  header: PacketHeader,
  _datagram: unknown,
  now: Instant,
): boolean {
  const { handshake, crypto, version } = state;
  const path = state.paths.get(0);
  const space = handshake?.initial;
  if (
    state.role === 'server' ||
    handshake === undefined ||
    path === undefined ||
    space === undefined ||
    header.version !== version ||
    handshake.packetOpened ||
    handshake.retrySource !== undefined ||
    !equalBytes(destinationConnectionId(header), handshake.localSource) ||
    // RFC 9000 §17.2.5.1: it names another connection ID than the one that it answers.
    equalBytes(sourceConnectionId(header), handshake.originalDestination) ||
    !verifyRetry(crypto, header, version, handshake.originalDestination)
  ) {
    dropPacket(state, 'unexpected_retry', header.end - header.start, now);
    return false;
  }
  const source = sourceConnectionId(header).slice();
  handshake.retrySource = source;
  handshake.token = headerToken(header).slice();
  path.peerIds.useInitial(source);
  space.keys.dispose();
  space.keys = initialKeys(state, source);
  handshake.otherInitial?.keys.dispose();
  handshake.otherInitial = undefined;
  // The packet number space goes on; what it carried so far is sent again.
  path.recovery.loss.discardSpace(space.space, now);
  path.recovery.loss.addSpace(space.space, space.packets);
  space.crypto.loseAll();
  resendEarlyPackets(state, now);
  observeUnnumbered(state, 'retry', header, now);
  return true;
}

/**
 * A client begins anew with the version that it likes best of those that the server names, or gives
 * up where there is none, if that is the first it hears of the server; a packet that names the version
 * in use is a forgery, and so is one that comes after another. RFC 9000 §6.2, RFC 9368 §2.1, §4
 */
export function receiveVersionNegotiation(
  state: ConnectionState,
  header: PacketHeader,
  _datagram: unknown,
  now: Instant,
): boolean {
  const { handshake } = state;
  const versions = readSupportedVersions(header);
  if (
    state.role === 'server' ||
    handshake === undefined ||
    handshake.packetOpened ||
    handshake.restarted ||
    handshake.retrySource !== undefined ||
    versions === undefined ||
    versions.includes(state.version.number) ||
    !equalBytes(destinationConnectionId(header), handshake.localSource) ||
    !equalBytes(sourceConnectionId(header), handshake.originalDestination)
  ) {
    dropPacket(state, 'unexpected_version_negotiation', header.end - header.start, now);
    return false;
  }
  observeUnnumbered(state, 'version_negotiation', header, now);
  const version = state.config.versions.find(({ number }) => versions.includes(number));
  if (version !== undefined && handshake.restart !== undefined) {
    handshake.restart(version, now);
    return true;
  }
  closeSilently(state, {
    by: 'local',
    application: false,
    code: TransportErrorCode.VERSION_NEGOTIATION_ERROR,
    frameType: 0,
    reason: 'the server speaks no common version',
  });
  return true;
}

/** Retry and Version Negotiation have neither a packet number nor frames. RFC 9000 §17.2.1, §17.2.5 */
function observeUnnumbered(
  { observer }: ConnectionState,
  level: 'retry' | 'version_negotiation',
  header: PacketHeader,
  now: Instant,
): void {
  const length = header.end - header.start;
  observer?.packetReceived?.({ level, pathId: 0, packetNumber: 0, length, frames: [] }, now);
}
