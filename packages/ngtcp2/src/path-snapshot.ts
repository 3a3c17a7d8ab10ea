import type { PathSnapshot } from '@mpquic/quic';
import type { Shim } from './shim.ts';

/** The one path as it is now; what ngtcp2 does not tell is 0. */
export function pathSnapshot(
  { call }: Shim,
  addresses: Pick<PathSnapshot, 'local' | 'remote'>,
  traffic: Pick<PathSnapshot, 'bytesSent' | 'bytesReceived' | 'packetsSent' | 'packetsReceived'>,
  validated: boolean,
): PathSnapshot {
  call.read_statistics();
  const ptoCount = call.pto_count();
  return {
    id: 0,
    ...addresses,
    ...traffic,
    state: validated ? 'active' : 'validating',
    localStatus: undefined,
    peerStatus: undefined,
    suspect: ptoCount > 1,
    smoothedRtt: call.smoothed_rtt(),
    minRtt: known(call.min_rtt()),
    latestRtt: call.latest_rtt(),
    rttVariance: call.rtt_variance(),
    pto: call.probe_timeout(),
    congestionWindow: call.congestion_window(),
    bytesInFlight: call.bytes_in_flight(),
    packetsLost: 0,
    maxDatagramSize: call.max_packet_size(),
    ecn: 'unknown',
    ptoCount,
  };
}

/** Before the first sample it is endless, which the shim says as -1. */
function known(rtt: number): number {
  return rtt < 0 ? Number.POSITIVE_INFINITY : rtt;
}
