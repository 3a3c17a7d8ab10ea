import { formatIp, fromUtf8, parseIp, utf8 } from '@mpquic/wire';
import { flagsIe, grouped, type Ie, nibbleIe, uint8Ie, uint16Ie, uint32Ie } from '../codec/ie.ts';
import { conditional, conditionalList, mandatory, optional } from '../codec/member.ts';
import { marId } from './multi-access.ts';
import { farId } from './rule-id.ts';

/** Source and destination interface values. TS 29.244 §8.2.2 */
export const PfcpInterface = { access: 0, core: 1, n6Lan: 2, cpFunction: 3, lan5gVn: 4 } as const;

/** Fully qualified tunnel endpoint identifier; `choose` asks the UP function for one. TS 29.244 §8.2.3 */
export interface FTeid {
  /** 32 bits; absent with `choose`. */
  readonly teid?: number;
  readonly ipv4?: string;
  readonly ipv6?: string;
  /** Which address families are wanted. */
  readonly choose?: 'ipv4' | 'ipv6' | 'both';
  /** Rules with one choose identifier get one F-TEID. */
  readonly chooseId?: number;
}

const CHOOSE_FAMILIES = { ipv4: 0x01, ipv6: 0x02, both: 0x03 } as const;

const fTeid: Ie<FTeid> = {
  type: 21,
  name: 'F-TEID',
  read(reader) {
    const flags = reader.uint8();
    if ((flags & 0x04) !== 0) {
      const chooseId = (flags & 0x08) !== 0 ? { chooseId: reader.uint8() } : {};
      const families = flags & 0x03;
      const choose = families === 3 ? 'both' : families === 2 ? 'ipv6' : 'ipv4';
      return { choose, ...chooseId };
    }
    const teid = reader.uint32();
    const ipv4 = (flags & 0x01) !== 0 ? { ipv4: formatIp(reader.bytes(4)) } : {};
    const ipv6 = (flags & 0x02) !== 0 ? { ipv6: formatIp(reader.bytes(16)) } : {};
    return { teid, ...ipv4, ...ipv6 };
  },
  write(writer, { teid, ipv4, ipv6, choose, chooseId }) {
    if (choose !== undefined) {
      writer.uint8(0x04 | CHOOSE_FAMILIES[choose] | (chooseId === undefined ? 0 : 0x08));
      if (chooseId !== undefined) writer.uint8(chooseId);
      return;
    }
    writer.uint8((ipv4 === undefined ? 0 : 0x01) | (ipv6 === undefined ? 0 : 0x02));
    writer.uint32(teid ?? 0);
    if (ipv4 !== undefined) writer.bytes(parseIp(ipv4));
    if (ipv6 !== undefined) writer.bytes(parseIp(ipv6));
  },
};

/** UE IP address, or the wish that the UP function allocates one. TS 29.244 §8.2.62 */
export interface UeIpAddress {
  readonly ipv4?: string;
  readonly ipv6?: string;
  /** The address is the destination of the packets, not their source. */
  readonly isDestination?: boolean;
  readonly chooseIpv4?: boolean;
  readonly chooseIpv6?: boolean;
}

const ueIpAddress: Ie<UeIpAddress> = {
  type: 93,
  name: 'UE IP Address',
  read(reader) {
    const flags = reader.uint8();
    return {
      ...((flags & 0x02) !== 0 ? { ipv4: formatIp(reader.bytes(4)) } : {}),
      ...((flags & 0x01) !== 0 ? { ipv6: formatIp(reader.bytes(16)) } : {}),
      ...((flags & 0x04) !== 0 ? { isDestination: true } : {}),
      ...((flags & 0x10) !== 0 ? { chooseIpv4: true } : {}),
      ...((flags & 0x20) !== 0 ? { chooseIpv6: true } : {}),
    };
  },
  write(writer, { ipv4, ipv6, isDestination, chooseIpv4, chooseIpv6 }) {
    writer.uint8(
      (ipv6 === undefined ? 0 : 0x01) |
        (ipv4 === undefined ? 0 : 0x02) |
        (isDestination === true ? 0x04 : 0) |
        (chooseIpv4 === true ? 0x10 : 0) |
        (chooseIpv6 === true ? 0x20 : 0),
    );
    if (ipv4 !== undefined) writer.bytes(parseIp(ipv4));
    if (ipv6 !== undefined) writer.bytes(parseIp(ipv6));
  },
};

/** A name as text. */
function textIe(type: number, name: string): Ie<string> {
  return {
    type,
    name,
    read: (reader) => fromUtf8(reader.rest()),
    write: (writer, text) => writer.bytes(utf8(text)),
  };
}

const networkInstance: Ie<string> = textIe(22, 'Network Instance');
const sourceInterface: Ie<number> = nibbleIe(20, 'Source Interface');
const destinationInterface: Ie<number> = nibbleIe(42, 'Destination Interface');
const precedence: Ie<number> = uint32Ie(29, 'Precedence');
const qfi: Ie<number> = uint8Ie(124, 'QFI');
const outerHeaderRemoval: Ie<number> = uint8Ie(95, 'Outer Header Removal');

/** Packet detection rule identifier, 16 bits. TS 29.244 §8.2.36 */
const pdrId: Ie<number> = uint16Ie(56, 'PDR ID');

/** An IPFilterRule such as `permit out 17 from any to assigned`. TS 29.244 §8.2.5 */
const sdfFilter: Ie<string> = {
  type: 23,
  name: 'SDF Filter',
  read(reader) {
    const flags = reader.uint8();
    reader.skip(1);
    return (flags & 0x01) !== 0 ? fromUtf8(reader.bytes(reader.uint16())) : '';
  },
  write(writer, flowDescription) {
    writer.uint8(0x01).uint8(0);
    writer.vector(2, (body) => body.bytes(utf8(flowDescription)));
  },
};

/** What application detection is to look for. TS 29.244 §8.2.6 */
const applicationId: Ie<string> = textIe(24, 'Application ID');

/** Packet detection information. TS 29.244 Table 7.5.2.2-2 */
export interface Pdi {
  /** One of {@link PfcpInterface}. */
  readonly sourceInterface: number;
  readonly localFTeid?: FTeid;
  readonly networkInstance?: string;
  readonly ueIpAddress?: UeIpAddress;
  readonly sdfFilters?: readonly string[];
  /** A domain name in this testbed: the one that an application asks the proxy for. */
  readonly applicationId?: string;
  readonly qfis?: readonly number[];
}

const pdi: Ie<Pdi> = grouped<Pdi>(2, 'PDI', [
  mandatory('sourceInterface', sourceInterface),
  conditional('localFTeid', fTeid),
  optional('networkInstance', networkInstance),
  conditional('ueIpAddress', ueIpAddress),
  conditionalList('sdfFilters', sdfFilter),
  conditional('applicationId', applicationId),
  conditionalList('qfis', qfi),
]);

/** TS 29.244 Table 7.5.2.2-1 */
export interface CreatePdr {
  readonly pdrId: number;
  /** The lowest is looked at first. */
  readonly precedence: number;
  readonly pdi: Pdi;
  /** 0 GTP-U/UDP/IPv4, 1 GTP-U/UDP/IPv6, 6 GTP-U/UDP/IP. */
  readonly outerHeaderRemoval?: number;
  readonly farId?: number;
  /** Of a multi-access rule, instead of a FAR. */
  readonly marId?: number;
}

export const createPdr: Ie<CreatePdr> = grouped<CreatePdr>(1, 'Create PDR', [
  mandatory('pdrId', pdrId),
  mandatory('precedence', precedence),
  mandatory('pdi', pdi),
  conditional('outerHeaderRemoval', outerHeaderRemoval),
  conditional('farId', farId),
  conditional('marId', marId),
]);

/** TS 29.244 Table 7.5.4.2-1 */
export interface UpdatePdr {
  readonly pdrId: number;
  readonly outerHeaderRemoval?: number;
  readonly precedence?: number;
  readonly pdi?: Pdi;
  readonly farId?: number;
  readonly marId?: number;
}

export const updatePdr: Ie<UpdatePdr> = grouped<UpdatePdr>(9, 'Update PDR', [
  mandatory('pdrId', pdrId),
  conditional('outerHeaderRemoval', outerHeaderRemoval),
  conditional('precedence', precedence),
  conditional('pdi', pdi),
  conditional('farId', farId),
  conditional('marId', marId),
]);

/** What the UP function allocated. TS 29.244 Table 7.5.3.2-1 */
export interface CreatedPdr {
  readonly pdrId: number;
  readonly localFTeid?: FTeid;
  readonly ueIpAddress?: UeIpAddress;
}

export const createdPdr: Ie<CreatedPdr> = grouped<CreatedPdr>(8, 'Created PDR', [
  mandatory('pdrId', pdrId),
  conditional('localFTeid', fTeid),
  conditional('ueIpAddress', ueIpAddress),
]);

/** Names the rule that is removed. */
export interface RemovePdr {
  readonly pdrId: number;
}

export const removePdr: Ie<RemovePdr> = grouped<RemovePdr>(15, 'Remove PDR', [
  mandatory('pdrId', pdrId),
]);

const APPLY_ACTIONS = [['drop', 'forw', 'buff', 'nocp', 'dupl']] as const;

/** TS 29.244 §8.2.26 */
export type ApplyAction = (typeof APPLY_ACTIONS)[number][number];
const applyAction: Ie<readonly ApplyAction[]> = flagsIe(44, 'Apply Action', APPLY_ACTIONS);

/** The tunnel that packets leave by: GTP-U over UDP over IPv4 or IPv6. TS 29.244 §8.2.56 */
export interface OuterHeaderCreation {
  readonly teid: number;
  readonly ipv4?: string;
  readonly ipv6?: string;
}

const GTP_U_IPV4 = 0x0100;
const GTP_U_IPV6 = 0x0200;

const outerHeaderCreation: Ie<OuterHeaderCreation> = {
  type: 84,
  name: 'Outer Header Creation',
  read(reader) {
    const description = reader.uint16();
    const tunnelled = (description & (GTP_U_IPV4 | GTP_U_IPV6)) !== 0;
    const teid = tunnelled ? reader.uint32() : 0;
    const ipv4 = (description & GTP_U_IPV4) !== 0 ? { ipv4: formatIp(reader.bytes(4)) } : {};
    const ipv6 = (description & GTP_U_IPV6) !== 0 ? { ipv6: formatIp(reader.bytes(16)) } : {};
    return { teid, ...ipv4, ...ipv6 };
  },
  write(writer, { teid, ipv4, ipv6 }) {
    writer.uint16((ipv4 === undefined ? 0 : GTP_U_IPV4) | (ipv6 === undefined ? 0 : GTP_U_IPV6));
    writer.uint32(teid);
    if (ipv4 !== undefined) writer.bytes(parseIp(ipv4));
    if (ipv6 !== undefined) writer.bytes(parseIp(ipv6));
  },
};

/** TS 29.244 Table 7.5.2.3-2 */
export interface ForwardingParameters {
  /** One of {@link PfcpInterface}. */
  readonly destinationInterface: number;
  readonly networkInstance?: string;
  readonly outerHeaderCreation?: OuterHeaderCreation;
}

const forwardingParameters: Ie<ForwardingParameters> = grouped<ForwardingParameters>(
  4,
  'Forwarding Parameters',
  [
    mandatory('destinationInterface', destinationInterface),
    optional('networkInstance', networkInstance),
    conditional('outerHeaderCreation', outerHeaderCreation),
  ],
);

/** TS 29.244 Table 7.5.2.3-1 */
export interface CreateFar {
  readonly farId: number;
  readonly applyAction: readonly ApplyAction[];
  readonly forwardingParameters?: ForwardingParameters;
}

export const createFar: Ie<CreateFar> = grouped<CreateFar>(3, 'Create FAR', [
  mandatory('farId', farId),
  mandatory('applyAction', applyAction),
  conditional('forwardingParameters', forwardingParameters),
]);

/** TS 29.244 Table 7.5.4.3-2 */
export type UpdateForwardingParameters = Partial<ForwardingParameters>;

const updateForwardingParameters: Ie<UpdateForwardingParameters> =
  grouped<UpdateForwardingParameters>(11, 'Update Forwarding Parameters', [
    conditional('destinationInterface', destinationInterface),
    conditional('networkInstance', networkInstance),
    conditional('outerHeaderCreation', outerHeaderCreation),
  ]);

/** TS 29.244 Table 7.5.4.3-1 */
export interface UpdateFar {
  readonly farId: number;
  readonly applyAction?: readonly ApplyAction[];
  readonly updateForwardingParameters?: UpdateForwardingParameters;
}

export const updateFar: Ie<UpdateFar> = grouped<UpdateFar>(10, 'Update FAR', [
  mandatory('farId', farId),
  conditional('applyAction', applyAction),
  conditional('updateForwardingParameters', updateForwardingParameters),
]);

/** Names the rule that is removed. */
export interface RemoveFar {
  readonly farId: number;
}

export const removeFar: Ie<RemoveFar> = grouped<RemoveFar>(16, 'Remove FAR', [
  mandatory('farId', farId),
]);

/** Which rule could not be applied. TS 29.244 §8.2.80 */
export interface FailedRuleId {
  /** 0 PDR, 1 FAR, 2 QER, 3 URR, 4 BAR, 5 MAR. */
  readonly ruleType: number;
  readonly identifier: number;
}

const RULE_ID_OCTETS: readonly number[] = [2, 4, 4, 4, 1, 2];

export const failedRuleId: Ie<FailedRuleId> = {
  type: 114,
  name: 'Failed Rule ID',
  read(reader) {
    const ruleType = reader.uint8() & 0x1f;
    let identifier = 0;
    for (let i = RULE_ID_OCTETS[ruleType] ?? 0; i > 0; i--) {
      identifier = identifier * 256 + reader.uint8();
    }
    return { ruleType, identifier };
  },
  write(writer, { ruleType, identifier }) {
    writer.uint8(ruleType);
    for (let i = (RULE_ID_OCTETS[ruleType] ?? 0) - 1; i >= 0; i--) {
      writer.uint8(Math.floor(identifier / 256 ** i) & 0xff);
    }
  },
};
