import type { Instant } from '@mpquic/wire';
import type { Path } from '../paths/path.ts';
import { BASE_DATAGRAM_SIZE, MtuDiscovery } from '../recovery/mtu-discovery.ts';
import type { ConnectionState } from '../state.ts';

/** A packet as large as packets may be left: larger ones would be of use, if they got through. */
export function fullPacketSent(state: ConnectionState, path: Path): void {
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

/** Large packets do not get through any more. RFC 8899 §4.3, RFC 9000 §14.3 */
export function shrinkDatagrams(state: ConnectionState, path: Path): void {
  const size = path.maxDatagramSize;
  if (size <= BASE_DATAGRAM_SIZE) return;
  path.mtu ??= new MtuDiscovery(size, Math.max(size, searchLimit(state)));
  path.mtu.shrink();
  setDatagramSize(path, BASE_DATAGRAM_SIZE);
}

/** Another network path may carry other sizes: what was found out is forgotten. RFC 9000 §14.3 */
export function restartMtuDiscovery(state: ConnectionState, path: Path): void {
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
