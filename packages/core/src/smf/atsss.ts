import {
  type AtsssContainer,
  type AtsssRule,
  SteeringFunctionality,
  type SteeringMode,
  TransportMode,
} from '@mpquic/nas';
import {
  type CreateMar,
  type MultipathParameters,
  PfcpPriority,
  PfcpSteeringFunctionality,
  PfcpSteeringMode,
} from '@mpquic/pfcp';

/** Steering modes by their names in the configuration. */
export const STEERING_MODES = [
  'smallest-delay',
  'active-standby',
  'load-balancing',
  'load-balancing-autonomous',
  'priority-based',
  'redundant',
] as const;
export type SteeringModeName = (typeof STEERING_MODES)[number];

/** One steering mode towards the UE (ATSSS rule) and towards the UPF (MAR). TS 23.501 §5.32.8 */
interface SteeringRow {
  readonly rule: SteeringMode;
  readonly mar: Pick<CreateMar, 'steeringMode'> & {
    readonly priorities?: readonly [threeGpp: number, nonThreeGpp: number];
    readonly weights?: readonly [threeGpp: number, nonThreeGpp: number];
    readonly indicator?: CreateMar['steeringModeIndicator'];
  };
}

const STEERING: { readonly [M in SteeringModeName]: SteeringRow } = {
  'smallest-delay': {
    rule: { type: 'smallestDelay' },
    mar: { steeringMode: PfcpSteeringMode.smallestDelay },
  },
  'active-standby': {
    rule: { type: 'activeStandby', active: '3gpp', standby: 'non-3gpp' },
    mar: {
      steeringMode: PfcpSteeringMode.activeStandby,
      priorities: [PfcpPriority.active, PfcpPriority.standby],
    },
  },
  'load-balancing': {
    rule: { type: 'loadBalancing', sharePercent3gpp: 50 },
    mar: { steeringMode: PfcpSteeringMode.loadBalancing, weights: [50, 50] },
  },
  'load-balancing-autonomous': {
    rule: { type: 'loadBalancing' },
    mar: {
      steeringMode: PfcpSteeringMode.loadBalancing,
      weights: [50, 50],
      indicator: ['autonomousLoadBalance'],
    },
  },
  'priority-based': {
    rule: { type: 'priorityBased', high: '3gpp' },
    mar: {
      steeringMode: PfcpSteeringMode.priorityBased,
      priorities: [PfcpPriority.high, PfcpPriority.low],
    },
  },
  redundant: {
    rule: { type: 'redundant' },
    mar: { steeringMode: PfcpSteeringMode.redundant },
  },
};

/** The FARs of both accesses. */
export interface FarIds {
  readonly threeGpp: number;
  readonly nonThreeGpp: number;
}

/** A steering mode as the UE is told of it. */
export function steeringModeOf(mode: SteeringModeName): SteeringMode {
  return STEERING[mode].rule;
}

/** A steering mode as a MAR, with neither an identifier nor a transport mode yet. */
export function accessMar(
  mode: SteeringModeName,
  farIds: FarIds,
): Omit<CreateMar, 'marId' | 'transportMode'> {
  const { steeringMode, priorities, weights, indicator } = STEERING[mode].mar;
  const forwarding = (farId: number, index: 0 | 1) => ({
    farId,
    ...(priorities === undefined ? {} : { priority: priorities[index] }),
    ...(weights === undefined ? {} : { weight: weights[index] }),
  });
  return {
    steeringFunctionality: PfcpSteeringFunctionality.mpquic,
    steeringMode,
    access3gpp: forwarding(farIds.threeGpp, 0),
    accessNon3gpp: forwarding(farIds.nonThreeGpp, 1),
    ...(indicator === undefined ? {} : { steeringModeIndicator: indicator }),
  };
}

/** The MAR for the UPF: all traffic by MPQUIC in datagram mode 2, over the FARs of the two accesses. */
export function multiAccessRule(mode: SteeringModeName, farIds: FarIds): CreateMar {
  return { ...accessMar(mode, farIds), marId: 1, transportMode: TransportMode.datagramMode2 };
}

/**
 * What the UE gets: rules for some traffic first, then UDP by CONNECT-UDP, all else by CONNECT-IP, and where the
 * proxy is.
 */
export function atsssContainerFor(
  mode: SteeringModeName,
  mpquic: readonly MultipathParameters[],
  first: readonly AtsssRule[] = [],
): AtsssContainer {
  const { rule } = STEERING[mode];
  const rules: readonly AtsssRule[] = [
    ...first,
    {
      identifier: 1,
      precedence: 10,
      trafficDescriptor: [{ type: 'protocol', protocol: UDP }],
      functionality: SteeringFunctionality.mpquicUdp,
      mode: rule,
      transportMode: TransportMode.datagramMode2,
    },
    {
      identifier: 2,
      precedence: 20,
      trafficDescriptor: [{ type: 'matchAll' }],
      functionality: SteeringFunctionality.mpquicIp,
      mode: rule,
      transportMode: TransportMode.datagramMode2,
    },
  ];
  const link = mpquic[0]?.linkSpecificAddress ?? {};
  return {
    rules,
    networkSteering: {
      ueAddress3gpp: addressOf(link.ipv4, link.ipv6),
      ueAddressNon3gpp: addressOf(link.nonThreeGppIpv4, link.nonThreeGppIpv6),
      mpquicProxies: mpquic.map(({ proxy: { proxyType, port, ipv4, ipv6 } }) => ({
        proxyType,
        port,
        ...addressOf(ipv4, ipv6),
      })),
    },
  };
}

function addressOf(ipv4: string | undefined, ipv6: string | undefined) {
  return { ...(ipv4 === undefined ? {} : { ipv4 }), ...(ipv6 === undefined ? {} : { ipv6 }) };
}

const UDP = 17;
