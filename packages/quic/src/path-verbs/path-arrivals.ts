import type { Datagram, Instant } from '@mpquic/wire';
import { sameAddress } from '@mpquic/wire';
import type { NetworkPath, Path } from '../paths/path.ts';
import type { ConnectionState } from '../state.ts';
import { announceConnectionIds, changePeerId, queueRetirements } from './connection-id-exchange.ts';
import { addPath, networkPath } from './path-factory.ts';
import { considerCandidate, dropCandidate, restartRecovery, takeCandidate } from './path-moving.ts';
import { startValidation } from './path-validity.ts';

/**
 * The path of a packet that was opened under a path ID that no path has: for a server, the client
 * opens it thereby; a client is the only one to open paths. MP-21 §3.1
 */
export function pathOfPacket(
  state: ConnectionState,
  pathId: number,
  datagram: Datagram,
): Path | undefined {
  if (state.role === 'client' || state.paths.standing(pathId) !== 'usable') return undefined;
  const { local, remote } = datagram;
  const network = networkPath(local, remote, isValidated(state, datagram));
  network.amplification.datagramReceived(datagram.payload.length);
  const path = addPath(state, pathId, network);
  path.bytesReceived += datagram.payload.length;
  path.peerIds.rotate();
  announceConnectionIds(state);
  state.events.push({ type: 'path_opened', pathId });
  return path;
}

/** RFC 9000 §9.3: an address that another path shows to be the peer's needs no second proof. */
function isValidated(state: ConnectionState, datagram: Datagram): boolean {
  const { local, remote } = datagram;
  return state.paths.list.some(
    (path) =>
      path.state === 'active' && path.isAt(local, remote) && path.network.amplification.lifted,
  );
}

/** Whether a packet may come from where it came. RFC 9000 §9, §9.3 */
export function isAcceptableSource(
  state: ConnectionState,
  path: Path,
  datagram: Datagram,
): boolean {
  if (path.isAt(datagram.local, datagram.remote)) return true;
  // A server does not move: packets from an unknown address MUST be discarded.
  if (state.role === 'client') {
    // RFC 9000 §9.6.2: what a server sent before it followed its client, and what it asks there.
    const others = [path.candidate?.network.remote, path.leftRemote];
    if (others.some((one) => one !== undefined && sameAddress(one, datagram.remote))) return true;
    return sameAddress(path.network.remote, datagram.remote);
  }
  return state.handshakeConfirmed;
}

/**
 * Sees to what a packet's addresses and connection ID mean: a change of the 4-tuple by the latest
 * non-probing packet is a migration of its path. RFC 9000 §9.3, MP-21 §3.1.2
 */
export function packetArrivedOn(
  state: ConnectionState,
  path: Path,
  datagram: Datagram,
  localSequence: number,
  isLatest: boolean,
  probing: boolean,
  now: Instant,
): void {
  if (path.state === 'abandoned') return;
  const { local, remote } = datagram;
  const changedId = isLatest && path.localIdInUse !== localSequence;
  if (changedId) path.localIdInUse = localSequence;
  if (path.isAt(local, remote)) {
    if (path.state === 'validating' && !path.validation.running) startValidation(path, now);
    return;
  }
  if (state.role === 'client') return;
  if (probing || !isLatest) {
    if (probing) considerCandidate(state, path, datagram, false, now);
    return;
  }
  // RFC 9000 §9.6.2: a server leaves its own address for another when that is known to work.
  const atOtherAddress = !sameAddress(path.network.local, local);
  if (atOtherAddress || path.candidate?.isAt(local, remote) === true) {
    considerCandidate(state, path, datagram, true, now);
    if (atOtherAddress || path.isAt(local, remote)) return;
  }
  const sentTo = path.peerIds.current;
  migrate(state, path, datagram, now);
  // RFC 9000 §9.5: a new connection ID for a new address, unless the peer kept its own (rebinding).
  if (changedId && path.peerIds.current === sentTo) changePeerId(state, path);
}

function migrate(state: ConnectionState, path: Path, datagram: Datagram, now: Instant): void {
  const { local, remote } = datagram;
  const left = path.network;
  const returned = path.previous;
  let asked: NetworkPath | undefined;
  if (returned !== undefined && isNetworkPath(returned, datagram)) {
    dropCandidate(state, path);
    path.peerIds.goBack();
    path.network = returned;
    path.previous = undefined;
  } else {
    if (left.amplification.lifted) {
      path.peerIds.stay();
      path.previous = left;
    }
    asked = takeCandidate(state, path, local, remote);
    path.network = asked ?? networkPath(local, remote, isValidated(state, datagram));
  }
  queueRetirements(state, path.id);
  if (path.network !== asked) path.network.amplification.datagramReceived(datagram.payload.length);
  restartRecovery(state, path, left, now);
  path.validation.stop();
  path.mtuValidated = false;
  if (path.network.amplification.lifted) {
    path.state = 'active';
  } else {
    path.state = 'validating';
    startValidation(path, now);
  }
  // RFC 9000 §9.3.3: the old address is asked too, lest an attacker only copied a packet.
  if (path.previous !== undefined) path.validation.probePrevious(state.random);
  state.events.push({ type: 'path_migrated', pathId: path.id });
  state.observer?.pathUpdated?.(path.snapshot(), now);
}

function isNetworkPath(network: NetworkPath, datagram: Datagram): boolean {
  return sameAddress(network.local, datagram.local) && sameAddress(network.remote, datagram.remote);
}
