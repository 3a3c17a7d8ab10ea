import type { Instant } from '@mpquic/wire';
import type { Path } from '../paths/path.ts';
import { BASE_DATAGRAM_SIZE, MtuDiscovery } from '../recovery/mtu-discovery.ts';
import type { ConnectionState } from '../state.ts';

/**
 * Larger packets would be of use, if they got through: one left that was as large as packets may be, or there are
 * datagrams, which cannot be split.
 */
export function searchLargerSize(state: ConnectionState, path: Path): void {
  if (path.mtu !== undefined || path.state !== 'active' || !state.handshakeConfirmed) return;
  const maximum = searchLimit(state);
  if (maximum > path.maxDatagramSize) path.mtu = new MtuDiscovery(path.maxDatagramSize, maximum);
}

/** Octets up to which larger packets are looked for; 0 for none. */
function searchLimit({ config, peer }: ConnectionState): number {
  return Math.min(config.mtuDiscoveryLimit ?? 0, peer?.maxUdpPayloadSize ?? 0);
}

/** A probe of this size arrived. RFC 8899 §5.3 */
export function mtuProbeAcknowledged(path: Path, size: number, now: Instant): void {
  if (path.mtu?.probeAcknowledged(size, now) === true) setDatagramSize(path, size);
}

/** A packet larger than every path carries was declared lost. RFC 8899 §4.3 */
export function largePacketLost(state: ConnectionState, path: Path, size: number): void {
  if (size > path.maxDatagramSize) return;
  path.mtu ??= discovery(state, path);
  const isBlackHole = path.mtu.packetLost(size, state.now);
  if (isBlackHole || path.largestArrived <= BASE_DATAGRAM_SIZE) shrinkDatagrams(state, path);
}

/** Whether large packets are on their way, and none of that kind ever arrived: their size is no more than a guess. */
export function sizeIsDoubtful({ largestArrived, packets }: Path): boolean {
  if (largestArrived > BASE_DATAGRAM_SIZE) return false;
  let found = false;
  packets.visitOutstanding(({ size }) => {
    found = size > BASE_DATAGRAM_SIZE;
    return !found;
  });
  return found;
}

/** Large packets do not get through any more. RFC 8899 §4.3, RFC 9000 §14.3 */
export function shrinkDatagrams(state: ConnectionState, path: Path): void {
  if (path.maxDatagramSize <= BASE_DATAGRAM_SIZE) return;
  path.mtu ??= discovery(state, path);
  path.mtu.shrink();
  setDatagramSize(path, BASE_DATAGRAM_SIZE);
}

function discovery(state: ConnectionState, { maxDatagramSize }: Path): MtuDiscovery {
  return new MtuDiscovery(maxDatagramSize, Math.max(maxDatagramSize, searchLimit(state)));
}

/** Another network path may carry other sizes: what was found out is forgotten. RFC 9000 §14.3 */
export function restartMtuDiscovery(state: ConnectionState, path: Path): void {
  path.largestArrived = 0;
  if (path.mtu === undefined) return;
  path.mtu = undefined;
  const { config, peer } = state;
  setDatagramSize(path, Math.min(config.maxUdpPayloadSize, peer?.maxUdpPayloadSize ?? 65527));
}

function setDatagramSize(path: Path, size: number): void {
  path.maxDatagramSize = size;
  path.recovery.congestion.setMaxDatagramSize(size);
  path.recovery.pacer.setMaxDatagramSize(size);
}
