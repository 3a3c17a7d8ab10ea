import { flagsIe, grouped, type Ie, nibbleIe, uint8Ie, uint16Ie } from '../codec/ie.ts';
import { conditional, mandatory } from '../codec/member.ts';
import { farId } from './rule-id.ts';

/** Steering functionality values. TS 29.244 §8.2.144 */
export const PfcpSteeringFunctionality = { atsssLowLayer: 0, mptcp: 1, mpquic: 2 } as const;

/** Steering mode values. TS 29.244 §8.2.145 */
export const PfcpSteeringMode = {
  activeStandby: 0,
  smallestDelay: 1,
  loadBalancing: 2,
  priorityBased: 3,
  redundant: 4,
} as const;

/** Priority of an access. TS 29.244 §8.2.147 */
export const PfcpPriority = { active: 0, standby: 1, noStandby: 2, high: 3, low: 4 } as const;

/** How MPQUIC carries the traffic. Type 333. */
export const PfcpTransportMode = { datagramMode1: 0, datagramMode2: 1, stream: 2 } as const;

/** Multi-access rule identifier, 16 bits. TS 29.244 §8.2.142 */
export const marId: Ie<number> = uint16Ie(170, 'MAR ID');

const steeringFunctionality: Ie<number> = nibbleIe(171, 'Steering Functionality');
const steeringMode: Ie<number> = nibbleIe(172, 'Steering Mode');
const weight: Ie<number> = uint8Ie(173, 'Weight');
const priority: Ie<number> = nibbleIe(174, 'Priority');
const transportMode: Ie<number> = nibbleIe(333, 'Transport Mode');

/** How traffic over one access is forwarded. TS 29.244 Table 7.5.2.8-2 */
export interface AccessForwarding {
  readonly farId: number;
  /** Per cent, for load balancing. */
  readonly weight?: number;
  /** One of {@link PfcpPriority}, for active-standby and priority-based steering. */
  readonly priority?: number;
}

function accessForwarding(type: number, name: string): Ie<AccessForwarding> {
  return grouped<AccessForwarding>(type, name, [
    mandatory('farId', farId),
    conditional('weight', weight),
    conditional('priority', priority),
  ]);
}

/** Changes of one access, all of them optional. TS 29.244 Table 7.5.4.16-2 */
export type UpdateAccessForwarding = Partial<AccessForwarding>;

function updateAccessForwarding(type: number, name: string): Ie<UpdateAccessForwarding> {
  return grouped<UpdateAccessForwarding>(type, name, [
    conditional('farId', farId),
    conditional('weight', weight),
    conditional('priority', priority),
  ]);
}

const access3gpp = accessForwarding(166, '3GPP Access Forwarding Action Information');
const accessNon3gpp = accessForwarding(167, 'Non-3GPP Access Forwarding Action Information');
const updateAccess3gpp = updateAccessForwarding(
  175,
  'Update 3GPP Access Forwarding Action Information',
);
const updateAccessNon3gpp = updateAccessForwarding(
  176,
  'Update Non-3GPP Access Forwarding Action Information',
);

/** Measurements beyond which an access is not used. Type 288. */
export interface Thresholds {
  /** Milliseconds. */
  readonly rtt?: number;
  /** Per cent. */
  readonly packetLossRate?: number;
}

const thresholds: Ie<Thresholds> = {
  type: 288,
  name: 'Thresholds',
  read(reader) {
    const flags = reader.uint8();
    return {
      ...((flags & 0x01) !== 0 ? { rtt: reader.uint16() } : {}),
      ...((flags & 0x02) !== 0 ? { packetLossRate: reader.uint8() } : {}),
    };
  },
  write(writer, { rtt, packetLossRate }) {
    writer.uint8((rtt === undefined ? 0 : 1) | (packetLossRate === undefined ? 0 : 2));
    if (rtt !== undefined) writer.uint16(rtt);
    if (packetLossRate !== undefined) writer.uint8(packetLossRate);
  },
};

const INDICATORS = [['autonomousLoadBalance', 'ueAssistance']] as const;

/** Type 289: bits ALBI and UEAI. */
export type SteeringModeIndicator = (typeof INDICATORS)[number][number];
const steeringModeIndicator: Ie<readonly SteeringModeIndicator[]> = flagsIe(
  289,
  'Steering Mode Indicator',
  INDICATORS,
);

/** Multi-access rule. TS 29.244 Table 7.5.2.8-1 */
export interface CreateMar {
  readonly marId: number;
  /** One of {@link PfcpSteeringFunctionality}. */
  readonly steeringFunctionality: number;
  /** One of {@link PfcpSteeringMode}. */
  readonly steeringMode: number;
  readonly access3gpp?: AccessForwarding;
  readonly accessNon3gpp?: AccessForwarding;
  readonly thresholds?: Thresholds;
  readonly steeringModeIndicator?: readonly SteeringModeIndicator[];
  /** One of {@link PfcpTransportMode}; with MPQUIC. */
  readonly transportMode?: number;
}

export const createMar: Ie<CreateMar> = grouped<CreateMar>(165, 'Create MAR', [
  mandatory('marId', marId),
  mandatory('steeringFunctionality', steeringFunctionality),
  mandatory('steeringMode', steeringMode),
  conditional('access3gpp', access3gpp),
  conditional('accessNon3gpp', accessNon3gpp),
  conditional('thresholds', thresholds),
  conditional('steeringModeIndicator', steeringModeIndicator),
  conditional('transportMode', transportMode),
]);

/** TS 29.244 Table 7.5.4.16-1 */
export interface UpdateMar extends Partial<Omit<CreateMar, 'marId'>> {
  readonly marId: number;
  readonly updateAccess3gpp?: UpdateAccessForwarding;
  readonly updateAccessNon3gpp?: UpdateAccessForwarding;
}

export const updateMar: Ie<UpdateMar> = grouped<UpdateMar>(169, 'Update MAR', [
  mandatory('marId', marId),
  conditional('steeringFunctionality', steeringFunctionality),
  conditional('steeringMode', steeringMode),
  conditional('updateAccess3gpp', updateAccess3gpp),
  conditional('updateAccessNon3gpp', updateAccessNon3gpp),
  conditional('access3gpp', access3gpp),
  conditional('accessNon3gpp', accessNon3gpp),
  conditional('thresholds', thresholds),
  conditional('steeringModeIndicator', steeringModeIndicator),
  conditional('transportMode', transportMode),
]);

/** Names the rule that is removed. */
export interface RemoveMar {
  readonly marId: number;
}

export const removeMar: Ie<RemoveMar> = grouped<RemoveMar>(168, 'Remove MAR', [
  mandatory('marId', marId),
]);
