import type { Access } from '@mpquic/nas';
import type { PathSnapshot } from '@mpquic/quic';
import { formatAddress } from '@mpquic/wire';

/** One path as a person reads it. */
export interface PathRow {
  readonly access: Access | undefined;
  readonly id: number;
  readonly local: string;
  readonly remote: string;
  readonly state: PathSnapshot['state'] | 'suspect';
  /** Milliseconds; 0 where none was measured. */
  readonly rttMs: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  readonly packetsSent: number;
  readonly packetsReceived: number;
  readonly packetsLost: number;
}

/** @param access undefined where the path is none of a known access */
export function rowOf(path: PathSnapshot, access: Access | undefined): PathRow {
  const { id, local, remote, state, suspect, smoothedRtt, latestRtt } = path;
  const { bytesSent, bytesReceived } = path;
  return {
    access,
    id,
    local: formatAddress(local),
    remote: formatAddress(remote),
    state: suspect && state === 'active' ? 'suspect' : state,
    rttMs: latestRtt === 0 ? 0 : smoothedRtt / 1000,
    bytesSent,
    bytesReceived,
    packetsSent: path.packetsSent,
    packetsReceived: path.packetsReceived,
    packetsLost: path.packetsLost,
  };
}
