import { equalBytes } from '@mpquic/wire';
import type { ConnectionConfig } from '../connection-config.ts';
import type { ResolvedConfig } from '../defaults.ts';
import type { ConnectionState, HandshakeState } from '../state.ts';
import { TransportError } from '../transport-error.ts';
import {
  DEFAULT_TRANSPORT_PARAMETERS,
  decodeTransportParameters,
  encodeTransportParameters,
  type PreferredAddress,
  type TransportParameters,
  type VersionInformation,
} from '../wire/transport-parameters.ts';
import { replaceRemembered } from './early-data.ts';
import { checkServerVersion, chooseVersion } from './version-negotiation.ts';

/** What a server alone declares. RFC 9000 §18.2 */
export interface ServerParameters {
  readonly originalDestinationConnectionId: Uint8Array;
  readonly retrySourceConnectionId?: Uint8Array | undefined;
  readonly statelessResetToken: Uint8Array;
  readonly preferredAddress?: PreferredAddress | undefined;
}

/** The transport parameters of this side, as they are sent. */
export function encodeLocalParameters(
  state: ConnectionState,
  initialSourceConnectionId: Uint8Array,
  server: ServerParameters | undefined,
  versionInformation: VersionInformation | undefined,
): Uint8Array {
  const { config, observer, now } = state;
  const parameters = localParameters(config, initialSourceConnectionId, server, versionInformation);
  observer?.parametersSet?.(parameters, 'local', now);
  return encodeTransportParameters(parameters);
}

/** What the configuration decides, and the handshake so far. */
export function localParameters(
  config: ResolvedConfig,
  initialSourceConnectionId?: Uint8Array,
  server?: ServerParameters,
  versionInformation?: VersionInformation,
): TransportParameters {
  return {
    originalDestinationConnectionId: server?.originalDestinationConnectionId,
    maxIdleTimeout: config.maxIdleTimeout,
    statelessResetToken: server?.statelessResetToken,
    maxUdpPayloadSize: DEFAULT_TRANSPORT_PARAMETERS.maxUdpPayloadSize,
    initialMaxData: config.initialMaxData,
    initialMaxStreamDataBidiLocal: config.initialMaxStreamData,
    initialMaxStreamDataBidiRemote: config.initialMaxStreamData,
    initialMaxStreamDataUni: config.initialMaxStreamData,
    initialMaxStreamsBidi: config.initialMaxStreamsBidi,
    initialMaxStreamsUni: config.initialMaxStreamsUni,
    ackDelayExponent: config.ackDelayExponent,
    maxAckDelay: config.maxAckDelay,
    disableActiveMigration: config.disableActiveMigration ?? false,
    preferredAddress: server?.preferredAddress,
    activeConnectionIdLimit: config.activeConnectionIdLimit,
    initialSourceConnectionId,
    retrySourceConnectionId: server?.retrySourceConnectionId,
    versionInformation,
    maxDatagramFrameSize: config.maxDatagramFrameSize,
    initialMaxPathId: config.initialMaxPathId,
  };
}

/**
 * A server's transport parameters, which follow from the client's: by them the version of QUIC is
 * chosen.
 * @throws {TransportError} TRANSPORT_PARAMETER_ERROR, VERSION_NEGOTIATION_ERROR
 */
export function answerTransportParameters(
  state: ConnectionState,
  server: ServerParameters,
  encoded: Uint8Array,
): Uint8Array {
  const { handshake } = state;
  if (handshake === undefined) throw new TransportError('INTERNAL_ERROR', 'no handshake runs');
  const peer = decodeTransportParameters(encoded, 'client');
  handshake.peerParameters = peer;
  const information = chooseVersion(state, handshake, peer.versionInformation);
  return encodeLocalParameters(state, handshake.localSource, server, information);
}

/**
 * Checks and applies what the peer declares of itself.
 * @throws {TransportError} TRANSPORT_PARAMETER_ERROR, PROTOCOL_VIOLATION
 */
export function receiveTransportParameters(state: ConnectionState, encoded: Uint8Array): void {
  const { handshake, role } = state;
  if (handshake === undefined) return;
  const peer = handshake.peerParameters ?? decodeTransportParameters(encoded, 'server');
  handshake.peerParameters = undefined;
  state.observer?.parametersSet?.(peer, 'peer', state.now);
  authenticateConnectionIds(handshake, peer, role);
  if (role === 'client') checkServerVersion(state, handshake, peer);
  const lasting = lastingParameters(peer);
  state.peer = lasting;
  replaceRemembered(state, lasting);
  state.streams.setPeerLimits(lasting);
  state.sendCredit.raise(peer.initialMaxData);
  const { peerIds } = state.paths.record(0);
  peerIds.useInitial(handshake.peerSource ?? NO_BYTES, peer.statelessResetToken);
  for (const path of state.paths.list) {
    path.recovery.loss.maxAckDelay = peer.maxAckDelay;
    path.maxDatagramSize = Math.min(path.maxDatagramSize, peer.maxUdpPayloadSize);
  }
  receivePreferredAddress(state, peer);
  negotiateMultipath(state, handshake, peer, state.config);
}

/** Without what is needed only once, and in one shape for all connections: it stays for the life of the connection. */
function lastingParameters(peer: TransportParameters): TransportParameters {
  return {
    maxIdleTimeout: peer.maxIdleTimeout,
    maxUdpPayloadSize: peer.maxUdpPayloadSize,
    initialMaxData: peer.initialMaxData,
    initialMaxStreamDataBidiLocal: peer.initialMaxStreamDataBidiLocal,
    initialMaxStreamDataBidiRemote: peer.initialMaxStreamDataBidiRemote,
    initialMaxStreamDataUni: peer.initialMaxStreamDataUni,
    initialMaxStreamsBidi: peer.initialMaxStreamsBidi,
    initialMaxStreamsUni: peer.initialMaxStreamsUni,
    ackDelayExponent: peer.ackDelayExponent,
    maxAckDelay: peer.maxAckDelay,
    disableActiveMigration: peer.disableActiveMigration,
    activeConnectionIdLimit: peer.activeConnectionIdLimit,
    maxDatagramFrameSize: peer.maxDatagramFrameSize,
  };
}

/** RFC 9000 §7.3 */
function authenticateConnectionIds(
  handshake: HandshakeState,
  peer: TransportParameters,
  role: 'client' | 'server',
): void {
  requireSame('initial_source_connection_id', peer.initialSourceConnectionId, handshake.peerSource);
  if (role === 'server') return;
  const { originalDestination, retrySource } = handshake;
  const original = peer.originalDestinationConnectionId;
  requireSame('original_destination_connection_id', original, originalDestination);
  requireSame('retry_source_connection_id', peer.retrySourceConnectionId, retrySource);
}

function requireSame(
  name: string,
  declared: Uint8Array | undefined,
  seen: Uint8Array | undefined,
): void {
  if (declared === undefined && seen === undefined) return;
  if (declared !== undefined && seen !== undefined && equalBytes(declared, seen)) return;
  const what = declared === undefined ? 'missing' : 'not the one that was used';
  throw new TransportError('TRANSPORT_PARAMETER_ERROR', `${name} is ${what}`);
}

/** Its connection ID has sequence number 1 of path 0. RFC 9000 §9.6.1, MP-21 §2.2 */
function receivePreferredAddress(state: ConnectionState, peer: TransportParameters): void {
  const preferred = peer.preferredAddress;
  if (preferred === undefined) return;
  if (peer.initialSourceConnectionId?.length === 0) {
    throw new TransportError(
      'TRANSPORT_PARAMETER_ERROR',
      'preferred_address without connection ID',
    );
  }
  state.preferred = { ipv4: preferred.ipv4, ipv6: preferred.ipv6 };
  const { connectionId, statelessResetToken } = preferred;
  const { activeConnectionIdLimit } = state.config;
  const { peerIds } = state.paths.record(0);
  peerIds.add(1, connectionId, statelessResetToken, 0, activeConnectionIdLimit);
}

/** MP-21 §2.1 */
function negotiateMultipath(
  state: ConnectionState,
  handshake: HandshakeState,
  peer: TransportParameters,
  config: Pick<ConnectionConfig, 'initialMaxPathId'>,
): void {
  if (peer.initialMaxPathId === undefined) return;
  if (handshake.peerSource?.length === 0) {
    throw new TransportError('PROTOCOL_VIOLATION', 'initial_max_path_id without connection IDs');
  }
  if (config.initialMaxPathId === undefined) return;
  state.paths.negotiate(config.initialMaxPathId, peer.initialMaxPathId);
}

const NO_BYTES = new Uint8Array();
