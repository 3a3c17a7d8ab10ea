import { type Address, type Instant, sameAddress } from '@mpquic/wire';
import type { CloseReason } from '../connection-event.ts';
import type { ConnectionObserver, ObservedPacket } from '../observer.ts';
import type { PathSnapshot } from '../snapshots.ts';
import {
  DEFAULT_TRANSPORT_PARAMETERS,
  type TransportParameters,
} from '../wire/transport-parameters.ts';
import { closedData, endpointInfo, packetData, parametersData, recoveryData } from './qlog-data.ts';
import type { JsonObject } from './qlog-frames.ts';

/** Event schemas of draft-ietf-quic-qlog-quic-events-13, and our own for multipath (docs/qlog-multipath.md). */
const EVENT_SCHEMAS: readonly string[] = [
  'urn:ietf:params:qlog:events:quic-13',
  'urn:ietf:params:qlog:events:loglevel',
  'https://mpquic-psk-testbed.example/112026/quic#multipath-21',
];

export interface QlogParameters {
  readonly role: 'client' | 'server';
  /** Names the connection: its first destination connection ID, in hexadecimal. */
  readonly groupId: string;
  readonly title?: string;
  /** The caller's clock at the start of the trace, from which times count. */
  readonly startedAt: Instant;
  /** The same moment as RFC 3339 date and time. */
  readonly wallClockTime?: string;
  /** Takes one record after the other, to append to a `.sqlog` file. */
  readonly write: (record: string) => void;
  /** Characters after which the trace ends with a warning. Default 256 Mi. */
  readonly maxLength?: number;
}

/**
 * Writes what a connection does as qlog, one JSON text sequence per connection. Never holds keys,
 * tokens or application data. draft-ietf-quic-qlog-main-schema §11.2
 */
export class QlogWriter implements ConnectionObserver {
  readonly #parameters: QlogParameters;
  readonly #paths = new Map<number, PathSnapshot>();
  readonly #ackDelayExponent = {
    local: DEFAULT_TRANSPORT_PARAMETERS.ackDelayExponent,
    peer: DEFAULT_TRANSPORT_PARAMETERS.ackDelayExponent,
  };
  #lengthLeft: number;

  constructor(parameters: QlogParameters) {
    this.#parameters = parameters;
    this.#lengthLeft = parameters.maxLength ?? 2 ** 28;
    this.#record(traceHeader(parameters));
  }

  connectionStarted(local: Address, remote: Address, now: Instant): void {
    const data = { local: endpointInfo(local), remote: endpointInfo(remote) };
    this.#event('quic:connection_started', data, now);
  }

  parametersSet(parameters: TransportParameters, by: 'local' | 'peer', now: Instant): void {
    this.#ackDelayExponent[by] = parameters.ackDelayExponent;
    this.#event('quic:parameters_set', parametersData(parameters, by), now);
  }

  connectionClosed(reason: CloseReason, now: Instant): void {
    this.#event('quic:connection_closed', closedData(reason), now);
  }

  packetSent(packet: ObservedPacket, now: Instant): void {
    const data = packetData(packet, this.#ackDelayExponent.local);
    this.#event('quic:packet_sent', data, now, packet.pathId);
  }

  packetReceived(packet: ObservedPacket, now: Instant): void {
    const data = packetData(packet, this.#ackDelayExponent.peer);
    this.#event('quic:packet_received', data, now, packet.pathId);
  }

  packetDropped(reason: string, length: number, now: Instant): void {
    const data = {
      raw: { length },
      details: { reason },
      trigger: DROP_TRIGGERS[reason] ?? 'general',
    };
    this.#event('quic:packet_dropped', data, now);
  }

  packetLost(pathId: number, packetNumber: number, trigger: string, now: Instant): void {
    const header = { packet_type: '1RTT', packet_number: packetNumber, path_id: pathId };
    const data = { header, trigger: LOSS_TRIGGERS.has(trigger) ? trigger : undefined };
    this.#event('quic:packet_lost', data, now, pathId);
  }

  recoveryMetrics(path: PathSnapshot, now: Instant): void {
    this.#event('quic:recovery_metrics_updated', recoveryData(path), now, path.id);
  }

  pathUpdated(path: PathSnapshot, now: Instant): void {
    const before = this.#paths.get(path.id);
    this.#assignTuple(path, before, now);
    if (before && sameState(before, path)) return;
    this.#paths.set(path.id, path);
    if (path.state === 'abandoned') this.#paths.delete(path.id);
    const data = {
      path_id: path.id,
      state: path.state,
      local_status: path.localStatus,
      remote_status: path.peerStatus,
      suspect: path.suspect,
    };
    this.#event('quic:path_state_updated', data, now, path.id);
  }

  keyUpdated(keyPhase: number, by: 'local' | 'peer', now: Instant): void {
    const trigger = by === 'local' ? 'local_update' : 'remote_update';
    for (const side of ['client', 'server']) {
      const data = { key_type: `${side}_1rtt_secret`, key_phase: keyPhase, trigger };
      this.#event('quic:key_updated', data, now);
    }
  }

  /** Without both ends where the path is gone. */
  #assignTuple(path: PathSnapshot, before: PathSnapshot | undefined, now: Instant): void {
    const isGone = path.state === 'abandoned';
    const isSame =
      before && sameAddress(before.local, path.local) && sameAddress(before.remote, path.remote);
    if (isSame && !isGone) return;
    this.#paths.set(path.id, path);
    const data = {
      tuple_id: tupleId(path.id),
      tuple_remote: isGone ? undefined : endpointInfo(path.remote),
      tuple_local: isGone ? undefined : endpointInfo(path.local),
      path_id: path.id,
    };
    this.#event('quic:tuple_assigned', data, now);
  }

  #event(name: string, data: JsonObject, now: Instant, pathId = 0): void {
    if (this.#lengthLeft <= 0) return;
    const time = (now - this.#parameters.startedAt) / 1000;
    const tuple = pathId === 0 ? undefined : tupleId(pathId);
    this.#record({ time, name, tuple, data });
    if (this.#lengthLeft > 0) return;
    const message = 'trace ends here: it reached its maximum length';
    this.#record({ time, name: 'loglevel:warning', data: { message } });
  }

  /** RFC 7464 §2.2 */
  #record(value: JsonObject): void {
    const record = `\u001e${JSON.stringify(value)}\n`;
    this.#lengthLeft -= record.length;
    this.#parameters.write(record);
  }
}

/** `QlogFileSeq` */
function traceHeader(parameters: QlogParameters): JsonObject {
  return {
    file_schema: 'urn:ietf:params:qlog:file:sequential',
    serialization_format: 'application/qlog+json-seq',
    title: parameters.title,
    trace: {
      common_fields: {
        group_id: parameters.groupId,
        time_format: 'relative_to_epoch',
        reference_time: {
          clock_type: 'monotonic',
          epoch: 'unknown',
          wall_clock_time: parameters.wallClockTime,
        },
      },
      vantage_point: { type: parameters.role },
      event_schemas: EVENT_SCHEMAS,
    },
  };
}

/** The handshake's tuple has the draft's default ID. */
function tupleId(pathId: number): string {
  return pathId === 0 ? '' : String(pathId);
}

function sameState(a: PathSnapshot, b: PathSnapshot): boolean {
  return (
    a.state === b.state &&
    a.localStatus === b.localStatus &&
    a.peerStatus === b.peerStatus &&
    a.suspect === b.suspect
  );
}

const LOSS_TRIGGERS: ReadonlySet<string> = new Set([
  'reordering_threshold',
  'time_threshold',
  'pto_expired',
]);

/** The draft's categories of reasons that this stack reports. */
const DROP_TRIGGERS: Readonly<Record<string, string>> = {
  decryption_failed: 'decryption_failure',
  keys_unavailable: 'key_unavailable',
  keys_discarded: 'key_unavailable',
  duplicate: 'duplicate',
  unknown_connection_id: 'connection_unknown',
  connection_id_mismatch: 'connection_unknown',
  unsupported_version: 'unsupported',
  other_version: 'unsupported',
  early_data_refused: 'rejected',
  path_not_open: 'rejected',
  initial_datagram_too_small: 'invalid',
  header_truncated: 'invalid',
  fixed_bit_zero: 'invalid',
  connection_id_too_long: 'invalid',
  length_exceeds_datagram: 'invalid',
  too_short_for_sample: 'invalid',
};
