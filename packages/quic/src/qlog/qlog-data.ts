import { type Address, toHex } from '@mpquic/wire';
import type { CloseReason } from '../connection-event.ts';
import type { ObservedPacket } from '../observer.ts';
import type { PathSnapshot } from '../snapshots.ts';
import type { TransportParameters } from '../wire/transport-parameters.ts';
import { qlogApplicationError, qlogTransportError } from './qlog-errors.ts';
import { type JsonObject, qlogFrame } from './qlog-frames.ts';

/** Frames of a packet that a record holds. */
const MAX_FRAMES = 64;

const PACKET_TYPES: { readonly [L in ObservedPacket['level']]: string } = {
  initial: 'initial',
  early: '0RTT',
  handshake: 'handshake',
  application: '1RTT',
  retry: 'retry',
  version_negotiation: 'version_negotiation',
};

/** `QUICPacketSent` and `QUICPacketReceived`. */
export function packetData(packet: ObservedPacket, ackDelayExponent: number): JsonObject {
  const numbered = packet.level !== 'retry' && packet.level !== 'version_negotiation';
  const shown = packet.frames.slice(0, MAX_FRAMES);
  const exponent = packet.level === 'application' ? ackDelayExponent : 0;
  return {
    header: {
      packet_type: PACKET_TYPES[packet.level],
      packet_number: numbered ? packet.packetNumber : undefined,
      path_id: packet.level === 'application' ? packet.pathId : undefined,
    },
    raw: { length: packet.length },
    frames: shown.map((frame) => qlogFrame(frame, exponent)),
    frames_omitted: packet.frames.length - shown.length || undefined,
  };
}

/** `QUICRecoveryMetricsUpdated`; times in milliseconds. */
export function recoveryData(path: PathSnapshot): JsonObject {
  return {
    min_rtt: path.minRtt / 1000,
    smoothed_rtt: path.smoothedRtt / 1000,
    latest_rtt: path.latestRtt / 1000,
    rtt_variance: path.rttVariance / 1000,
    pto_count: path.ptoCount,
    congestion_window: path.congestionWindow,
    bytes_in_flight: path.bytesInFlight,
    path_id: path.id,
  };
}

/** `QUICParametersSet`; stateless reset tokens stay out. */
export function parametersData(parameters: TransportParameters, by: 'local' | 'peer'): JsonObject {
  return {
    initiator: by === 'local' ? 'local' : 'remote',
    original_destination_connection_id: hex(parameters.originalDestinationConnectionId),
    initial_source_connection_id: hex(parameters.initialSourceConnectionId),
    retry_source_connection_id: hex(parameters.retrySourceConnectionId),
    disable_active_migration: parameters.disableActiveMigration,
    max_idle_timeout: parameters.maxIdleTimeout / 1000,
    max_udp_payload_size: parameters.maxUdpPayloadSize,
    ack_delay_exponent: parameters.ackDelayExponent,
    max_ack_delay: parameters.maxAckDelay / 1000,
    active_connection_id_limit: parameters.activeConnectionIdLimit,
    initial_max_data: parameters.initialMaxData,
    initial_max_stream_data_bidi_local: parameters.initialMaxStreamDataBidiLocal,
    initial_max_stream_data_bidi_remote: parameters.initialMaxStreamDataBidiRemote,
    initial_max_stream_data_uni: parameters.initialMaxStreamDataUni,
    initial_max_streams_bidi: parameters.initialMaxStreamsBidi,
    initial_max_streams_uni: parameters.initialMaxStreamsUni,
    max_datagram_frame_size: parameters.maxDatagramFrameSize,
    initial_max_path_id: parameters.initialMaxPathId,
  };
}

/** `QUICConnectionClosed` */
export function closedData(reason: CloseReason): JsonObject {
  const { error, error_code } = reason.application
    ? qlogApplicationError(reason.code)
    : qlogTransportError(reason.code);
  const byError = reason.by === 'local' || reason.by === 'peer';
  return {
    initiator: reason.by === 'peer' || reason.by === 'reset' ? 'remote' : 'local',
    connection_error: byError && !reason.application ? error : undefined,
    application_error: byError && reason.application ? error : undefined,
    error_code: byError ? error_code : undefined,
    reason: reason.reason || undefined,
    trigger: closeTrigger(reason),
  };
}

/** `TupleEndpointInfo` */
export function endpointInfo(address: Address): JsonObject {
  return address.host.includes(':')
    ? { ip_v6: address.host, port_v6: address.port }
    : { ip_v4: address.host, port_v4: address.port };
}

function closeTrigger(reason: CloseReason): string {
  if (reason.by === 'idle') return 'idle_timeout';
  if (reason.by === 'reset') return 'stateless_reset';
  return reason.application || reason.code === 0 ? 'application' : 'error';
}

function hex(connectionId: Uint8Array | undefined): string | undefined {
  return connectionId && toHex(connectionId);
}
