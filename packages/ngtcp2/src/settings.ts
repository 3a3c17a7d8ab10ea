import type { ClientConfig, ConnectionConfig, ServerConfig } from '@mpquic/quic';
import { UsageError } from '@mpquic/wire';
import type { ShimFunctions } from './shim.ts';

type Defaulted =
  | 'maxUdpPayloadSize'
  | 'maxIdleTimeout'
  | 'initialMaxData'
  | 'initialMaxStreamData'
  | 'maxDataWindow'
  | 'maxStreamDataWindow'
  | 'initialMaxStreamsBidi'
  | 'initialMaxStreamsUni'
  | 'maxDatagramFrameSize'
  | 'activeConnectionIdLimit'
  | 'maxAckDelay'
  | 'ackDelayExponent'
  | 'streamSendBufferLimit'
  | 'datagramSendQueueLimit'
  | 'datagramReceiveQueueLimit';

/** Defaults, those of the other engine where it has them. Octets, and microseconds. */
export const DEFAULTS: Required<Pick<ConnectionConfig, Defaulted>> = {
  maxUdpPayloadSize: 1350,
  maxIdleTimeout: 30_000_000,
  initialMaxData: 1 << 20,
  initialMaxStreamData: 256 << 10,
  maxDataWindow: 24 << 20,
  maxStreamDataWindow: 16 << 20,
  initialMaxStreamsBidi: 100,
  initialMaxStreamsUni: 100,
  maxDatagramFrameSize: 65_535,
  activeConnectionIdLimit: 8,
  maxAckDelay: 25_000,
  ackDelayExponent: 3,
  streamSendBufferLimit: 1 << 20,
  datagramSendQueueLimit: 256,
  datagramReceiveQueueLimit: 1024,
};

/** @throws {UsageError} on what was asked for and this engine cannot do */
export function checkConfig(config: ConnectionConfig): void {
  const { versions } = config;
  if (versions !== undefined && !versions.includes('v1')) {
    throw new UsageError('the ngtcp2 engine speaks QUIC version 1 only');
  }
  for (const [name, what] of UNSUPPORTED) {
    const value: unknown = config[name as keyof ConnectionConfig];
    if (isAsked(name === 'preferredAddress' ? Object.values(value ?? {}) : [value])) {
      throw new UsageError(`the ngtcp2 engine has no ${what}`);
    }
  }
}

function isAsked(values: readonly unknown[]): boolean {
  return values.some((value) => value !== undefined && value !== false);
}

/** Of either role's configuration. */
const UNSUPPORTED: readonly (readonly [keyof ClientConfig | keyof ServerConfig, string])[] = [
  ['earlyData', '0-RTT'],
  ['preferredAddress', 'preferred address'],
  ['observer', 'observers: no qlog'],
  ['observerFor', 'observers: no qlog'],
];

/** Hands limits over, before the connection is made. */
export function applySettings(call: ShimFunctions, config: ConnectionConfig): void {
  const streamData = config.initialMaxStreamData ?? DEFAULTS.initialMaxStreamData;
  call.set_initial_max_data(config.initialMaxData ?? DEFAULTS.initialMaxData);
  call.set_initial_max_stream_data_bidi_local(streamData);
  call.set_initial_max_stream_data_bidi_remote(streamData);
  call.set_initial_max_stream_data_uni(streamData);
  call.set_initial_max_streams_bidi(config.initialMaxStreamsBidi ?? DEFAULTS.initialMaxStreamsBidi);
  call.set_initial_max_streams_uni(config.initialMaxStreamsUni ?? DEFAULTS.initialMaxStreamsUni);
  call.set_max_idle_timeout(config.maxIdleTimeout ?? DEFAULTS.maxIdleTimeout);
  call.set_active_connection_id_limit(
    config.activeConnectionIdLimit ?? DEFAULTS.activeConnectionIdLimit,
  );
  call.set_ack_delay_exponent(config.ackDelayExponent ?? DEFAULTS.ackDelayExponent);
  call.set_max_ack_delay(config.maxAckDelay ?? DEFAULTS.maxAckDelay);
  call.set_max_datagram_frame_size(config.maxDatagramFrameSize ?? DEFAULTS.maxDatagramFrameSize);
  call.set_disable_active_migration(config.disableActiveMigration === true ? 1 : 0);
  call.set_max_window(config.maxDataWindow ?? DEFAULTS.maxDataWindow);
  call.set_max_stream_window(config.maxStreamDataWindow ?? DEFAULTS.maxStreamDataWindow);
  // It searches for larger packets itself, from 1200 octets on.
  const payload = config.maxUdpPayloadSize ?? DEFAULTS.maxUdpPayloadSize;
  call.set_max_tx_udp_payload_size(Math.max(payload, config.mtuDiscoveryLimit ?? 0));
  call.set_cc_algo(config.congestion === 'newreno' ? 1 : 0);
}
