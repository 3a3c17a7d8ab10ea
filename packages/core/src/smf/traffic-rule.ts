import {
  type AtsssRule,
  type QosFlowDescription,
  QosOperation,
  type QosRule,
  SteeringFunctionality,
  type TrafficComponent,
  TransportMode,
  trafficComponents,
} from '@mpquic/nas';
import { type CreateMar, type CreatePdr, PfcpInterface } from '@mpquic/pfcp';
import { choice, integer, type SettingsTable, text } from '@mpquic/service';
import {
  accessMar,
  type FarIds,
  STEERING_MODES,
  type SteeringModeName,
  steeringModeOf,
} from './atsss.ts';

/**
 * What the policy says of some traffic, apart from all other: one ATSSS rule and QoS rule for the UE, and one
 * PDR with SDF filter and MAR for the UPF, so that both directions are treated alike. TS 23.503 §6.1.3.20
 */
export interface TrafficRule {
  readonly protocol: 'udp' | 'tcp' | 'any';
  /** IPv4 prefix of the far end. */
  readonly address: string | undefined;
  /** One port, or `LOW-HIGH`. */
  readonly port: string | undefined;
  /** Name that applications ask for; it goes before address. */
  readonly fqdn: string | undefined;
  readonly functionality: 'mpquic-udp' | 'mpquic-ip';
  readonly steering: SteeringModeName;
  readonly transport: 'datagram-1' | 'datagram-2' | 'stream';
  /** Milliseconds. */
  readonly maximumRtt: number | undefined;
  /** Per cent. */
  readonly maximumLossRate: number | undefined;
  /** QoS flow: traffic of each has an MPQUIC connection of its own. */
  readonly qfi: number;
}

/** As many as there are precedences ahead of the rules for all traffic. */
export const MAXIMUM_TRAFFIC_RULES = 8;

const PREFIX = /^(\d{1,3}\.){3}\d{1,3}(\/([12]?\d|3[0-2]))?$/;

export const trafficRuleSettings: SettingsTable<TrafficRule> = {
  protocol: { kind: choice('udp', 'tcp', 'any'), default: 'udp', description: 'IP protocol' },
  address: {
    kind: text('an IPv4 prefix, for example 198.51.100.0/24', PREFIX),
    optional: true,
    description: 'addresses of the far end',
  },
  port: {
    kind: text('a port, or LOW-HIGH', /^\d{1,5}(-\d{1,5})?$/),
    optional: true,
    description: 'ports of the far end',
  },
  fqdn: {
    kind: text('a domain name', /^[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})*$/i),
    optional: true,
    description: 'name of the far end',
  },
  functionality: {
    kind: choice('mpquic-udp', 'mpquic-ip'),
    default: 'mpquic-udp',
    description: 'steering functionality',
  },
  steering: {
    kind: choice(...STEERING_MODES),
    default: 'smallest-delay',
    description: 'steering mode',
  },
  transport: {
    kind: choice('datagram-1', 'datagram-2', 'stream'),
    default: 'datagram-2',
    description: 'transport mode',
  },
  maximumRtt: {
    kind: integer(1, 65_535),
    optional: true,
    description: 'milliseconds beyond which an access is not to be used',
  },
  maximumLossRate: {
    kind: integer(0, 100),
    optional: true,
    description: 'per cent of loss beyond which an access is not to be used',
  },
  qfi: { kind: integer(1, 63), default: 1, description: 'QoS flow' },
};

const PROTOCOL_NUMBER = { udp: 17, tcp: 6 } as const;

const TRANSPORT_MODE = {
  'datagram-1': TransportMode.datagramMode1,
  'datagram-2': TransportMode.datagramMode2,
  stream: TransportMode.stream,
} as const;

const FUNCTIONALITY = {
  'mpquic-udp': SteeringFunctionality.mpquicUdp,
  'mpquic-ip': SteeringFunctionality.mpquicIp,
} as const;

/** Rules of the same traffic have the same number everywhere. */
const FIRST_IDENTIFIER = 10;

/** The ATSSS rules, ahead of those for all traffic. */
export function atsssRulesFor(rules: readonly TrafficRule[]): readonly AtsssRule[] {
  return rules.map((rule, index) => ({
    identifier: FIRST_IDENTIFIER + index,
    precedence: index + 1,
    trafficDescriptor: componentsOf(rule),
    functionality: FUNCTIONALITY[rule.functionality],
    mode: steeringModeOf(rule.steering),
    transportMode: TRANSPORT_MODE[rule.transport],
    ...thresholdsOf(rule),
  }));
}

/** QoS rules for those that do not go by the default QoS flow, and the flows. A name has no packet filter. */
export function qosFor(rules: readonly TrafficRule[]): {
  readonly qosRules: readonly QosRule[];
  readonly qosFlows: readonly QosFlowDescription[];
} {
  const own = rules.filter(({ qfi, fqdn }) => qfi !== DEFAULT_QFI && fqdn === undefined);
  const qfis = [...new Set(own.map(({ qfi }) => qfi))];
  return {
    qosRules: own.map((rule, index) => ({
      identifier: index + 2,
      operation: QosOperation.create,
      isDefault: false,
      filters: [{ identifier: 1, direction: BOTH_WAYS, components: filterOf(rule) }],
      precedence: index + 1,
      qfi: rule.qfi,
    })),
    qosFlows: qfis.map((qfi) => ({ qfi, operation: 1, fiveQi: NON_GBR_5QI })),
  };
}

/** Downlink PDRs, each with the MAR of the same number. */
export function pdrsFor(rules: readonly TrafficRule[], dnn: string): readonly CreatePdr[] {
  return rules.map((rule, index) => ({
    pdrId: FIRST_IDENTIFIER + index,
    precedence: index + 1,
    pdi: {
      sourceInterface: PfcpInterface.core,
      networkInstance: dnn,
      ...(rule.fqdn === undefined
        ? { sdfFilters: [flowDescription(rule)] }
        : { applicationId: rule.fqdn }),
    },
    marId: FIRST_IDENTIFIER + index,
  }));
}

export function marsFor(rules: readonly TrafficRule[], farIds: FarIds): readonly CreateMar[] {
  return rules.map((rule, index) => {
    const { maximumRtt: rtt, maximumLossRate: packetLossRate } = rule;
    const bounds = {
      ...(rtt === undefined ? {} : { rtt }),
      ...(packetLossRate === undefined ? {} : { packetLossRate }),
    };
    return {
      ...accessMar(rule.steering, farIds),
      marId: FIRST_IDENTIFIER + index,
      transportMode: TRANSPORT_MODE[rule.transport],
      ...(Object.keys(bounds).length === 0 ? {} : { thresholds: bounds }),
    };
  });
}

function thresholdsOf({ maximumRtt, maximumLossRate }: TrafficRule): Pick<AtsssRule, 'thresholds'> {
  if (maximumRtt === undefined && maximumLossRate === undefined) return {};
  return {
    thresholds: {
      ...(maximumRtt === undefined ? {} : { maximumRtt }),
      ...(maximumLossRate === undefined ? {} : { maximumLossRate }),
    },
  };
}

function componentsOf(rule: TrafficRule): readonly TrafficComponent[] {
  if (rule.fqdn === undefined) return packetComponents(rule);
  return [{ type: 'fqdn', name: rule.fqdn }, ...packetComponents({ ...rule, address: undefined })];
}

function packetComponents({ protocol, address, port }: TrafficRule): readonly TrafficComponent[] {
  const components: TrafficComponent[] = [];
  if (address !== undefined) {
    const [host = '', length] = address.split('/');
    const mask = maskOf(length === undefined ? 32 : Number(length));
    components.push({ type: 'remoteIpv4', address: host, mask });
  }
  if (protocol !== 'any') {
    components.push({ type: 'protocol', protocol: PROTOCOL_NUMBER[protocol] });
  }
  if (port !== undefined) {
    const [low = 0, high] = port.split('-').map(Number);
    components.push(
      high === undefined
        ? { type: 'remotePort', port: low }
        : { type: 'remotePortRange', low, high },
    );
  }
  return components.length === 0 ? [{ type: 'matchAll' }] : components;
}

/** Packet filters of QoS rules have the components of traffic descriptors. TS 24.501 §9.11.4.13 */
function filterOf(rule: TrafficRule): Uint8Array {
  return trafficComponents(packetComponents(rule));
}

/** An IPFilterRule in the direction of the downlink. TS 29.212 §5.4.2 */
function flowDescription({ protocol, address = 'any', port }: TrafficRule): string {
  const number = protocol === 'any' ? 'ip' : PROTOCOL_NUMBER[protocol];
  const ports = port === undefined ? '' : ` ${port}`;
  return `permit out ${number} from ${address}${ports} to assigned`;
}

function maskOf(length: number): string {
  const bits = length === 0 ? 0 : (0xffff_ffff << (32 - length)) >>> 0;
  return [bits >>> 24, (bits >>> 16) & 0xff, (bits >>> 8) & 0xff, bits & 0xff].join('.');
}

const DEFAULT_QFI = 1;
const BOTH_WAYS = 3;
/** Best effort. TS 23.501 Table 5.7.4-1 */
const NON_GBR_5QI = 9;
