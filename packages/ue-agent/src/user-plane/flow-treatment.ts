import type { TransportMode as TunnelMode } from '@mpquic/http3';
import { type AtsssRule, SteeringFunctionality, TransportMode } from '@mpquic/nas';
import type { Steering } from '@mpquic/quic';

/** What a rule makes of a flow. */
export interface FlowTreatment {
  readonly functionality: 'CONNECT-UDP' | 'CONNECT-IP';
  readonly transport: TunnelMode;
  readonly steering: Steering;
  readonly thresholds: AtsssRule['thresholds'];
}

/** What a rule says of a flow; without a rule: CONNECT-UDP, datagram mode 2, smallest delay. */
const NO_RULE: Omit<AtsssRule, 'identifier' | 'precedence' | 'trafficDescriptor'> = {
  functionality: SteeringFunctionality.mpquicUdp,
  mode: { type: 'smallestDelay' },
  transportMode: TransportMode.datagramMode2,
};

const TUNNEL_MODE: ReadonlyMap<number | undefined, TunnelMode> = new Map([
  [TransportMode.datagramMode1, 'datagram-1'],
  [TransportMode.datagramMode2, 'datagram-2'],
  [TransportMode.stream, 'stream'],
]);

/**
 * How payloads of a flow travel. Redundant steering needs sequence numbers, by which the other side drops copies,
 * so that mode 2 becomes mode 1 there: a choice of this testbed.
 */
export function treatmentBy(rule: AtsssRule | undefined): FlowTreatment {
  const { functionality, mode, transportMode, thresholds } = rule ?? NO_RULE;
  const asTold = TUNNEL_MODE.get(transportMode) ?? 'datagram-2';
  const needsNumbers = mode.type === 'redundant' && asTold === 'datagram-2';
  return {
    functionality: functionality === SteeringFunctionality.mpquicIp ? 'CONNECT-IP' : 'CONNECT-UDP',
    transport: needsNumbers ? 'datagram-1' : asTold,
    steering: mode,
    thresholds,
  };
}

/** Whether a flow stays in its tunnel when the other rule takes over. */
export function carriesAlike(a: AtsssRule | undefined, b: AtsssRule | undefined): boolean {
  const one = treatmentBy(a);
  const other = treatmentBy(b);
  return one.functionality === other.functionality && one.transport === other.transport;
}
