import { LevelKeys } from '../protection/level-keys.ts';
import type { ConnectionState, HandshakeSpace, HandshakeState } from '../state.ts';
import { TransportError } from '../transport-error.ts';
import type { PacketHeader } from '../wire/packet-header.ts';
import type { TransportParameters, VersionInformation } from '../wire/transport-parameters.ts';
import { QUIC_V1, type QuicVersion } from '../wire/versions.ts';

/**
 * What a client says of its versions, in order of preference; nothing where it speaks one alone, and
 * so has nothing to negotiate. RFC 9368 §3
 */
export function clientVersionInformation(state: ConnectionState): VersionInformation | undefined {
  return state.config.versions.length > 1 ? versionInformation(state) : undefined;
}

/**
 * A server chooses among the versions of a client that names them, and says what it chose: a version
 * that it was configured to prefer, else the one that the client began with. RFC 9368 §2.3
 * @throws {TransportError} TRANSPORT_PARAMETER_ERROR, VERSION_NEGOTIATION_ERROR. RFC 9368 §4
 */
export function chooseVersion(
  state: ConnectionState,
  handshake: HandshakeState,
  client: VersionInformation | undefined,
): VersionInformation | undefined {
  if (client === undefined) return undefined;
  if (!client.available.includes(client.chosen)) {
    throw new TransportError('TRANSPORT_PARAMETER_ERROR', 'the chosen version is not available');
  }
  if (client.chosen !== state.version.number) throw mismatch('the client did not choose');
  const { versions, prefersVersions } = state.config;
  const best = versions.find(({ number }) => client.available.includes(number));
  if (prefersVersions && best !== undefined && best !== state.version) {
    const { crypto } = state;
    const keys = LevelKeys.initial(crypto, best, 'server', handshake.initialDestination);
    switchVersion(state, handshake, best, keys);
  }
  return versionInformation(state);
}

/**
 * A client checks that the version in use is the one that the server chose, and that no forged Version
 * Negotiation packet led there. RFC 9368 §4, §8
 * @throws {TransportError} VERSION_NEGOTIATION_ERROR
 */
export function checkServerVersion(
  { version, config }: ConnectionState,
  handshake: HandshakeState,
  { versionInformation: server }: TransportParameters,
): void {
  const { originalVersion, restarted } = handshake;
  if (server === undefined) {
    // RFC 9368 §8: a server that speaks version 1 alone may say nothing.
    if (version !== originalVersion || (restarted && version !== QUIC_V1)) {
      throw mismatch('the server names no versions, after');
    }
    if (!restarted) return;
  } else if (server.chosen !== version.number) throw mismatch('the server did not choose');
  if (!restarted) return;
  const available = server?.available ?? [QUIC_V1.number];
  const preferred = config.versions.find(
    (own) => own === version || available.includes(own.number),
  );
  if (available.length === 0 || preferred !== version) {
    throw new TransportError('VERSION_NEGOTIATION_ERROR', 'led to a version by a forged packet');
  }
}

/**
 * The keys for a packet of an Initial or Handshake space: those in use, or of Initial packets those of
 * the version that was left, or that the server may be turning to. RFC 9369 §4.1
 */
export function keysForPacket(
  state: ConnectionState,
  handshake: HandshakeState,
  space: HandshakeSpace,
  { version }: PacketHeader,
): LevelKeys | undefined {
  if (version === state.version) return space.keys;
  if (version === undefined || space.level !== 'initial') return undefined;
  const { otherInitial } = handshake;
  if (otherInitial !== undefined) {
    return otherInitial.version === version ? otherInitial.keys : undefined;
  }
  if (!mayTurnTo(state, version)) return undefined;
  const destination = handshake.retrySource ?? handshake.initialDestination;
  const keys = LevelKeys.initial(state.crypto, version, 'client', destination);
  handshake.otherInitial = { version, keys };
  return keys;
}

/** Whether a server may answer in this version, which its client offered. RFC 9368 §2.3 */
export function mayTurnTo(state: ConnectionState, version: QuicVersion): boolean {
  return (
    state.role === 'client' &&
    state.handshake?.originalVersion === state.version &&
    state.config.versions.includes(version)
  );
}

/**
 * From now on everything is sent in the negotiated version; Initial packets of the one before are
 * still understood. RFC 9369 §4.1
 */
export function switchVersion(
  state: ConnectionState,
  handshake: HandshakeState,
  version: QuicVersion,
  keys: LevelKeys,
): void {
  const { initial, handshake: second } = handshake;
  if (initial === undefined || second === undefined) return;
  handshake.otherInitial = { version: state.version, keys: initial.keys };
  initial.keys = keys;
  second.keys = new LevelKeys(state.crypto, version);
  state.version = version;
}

function versionInformation({ version, config }: ConnectionState): VersionInformation {
  return { chosen: version.number, available: config.versions.map(({ number }) => number) };
}

function mismatch(what: string): TransportError {
  return new TransportError('VERSION_NEGOTIATION_ERROR', `${what} the version in use`);
}
