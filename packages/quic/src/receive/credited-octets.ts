import type { Datagram } from '@mpquic/wire';
import type { Path } from '../paths/path.ts';
import type { ConnectionState } from '../state.ts';

/**
 * Counts octets that came from where `datagram` did. RFC 9000 §8.1: all that belong to the connection count, opened or not.
 */
export function creditOctets(state: ConnectionState, datagram: Datagram, octets: number): void {
  state.counters.bytesReceived += octets;
  const { local, remote } = datagram;
  const { list } = state.paths;
  for (let i = 0; i < list.length; i++) {
    const path = list[i] as Path;
    if (path.candidate?.isAt(local, remote) === true) {
      path.candidate.network.amplification.datagramReceived(octets);
    }
    if (!path.isAt(local, remote)) continue;
    path.network.amplification.datagramReceived(octets);
    path.bytesReceived += octets;
    return;
  }
}
