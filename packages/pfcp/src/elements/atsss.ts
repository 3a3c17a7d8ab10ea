import { formatIp, parseIp } from '@mpquic/wire';
import { flagsIe, grouped, type Ie } from '../codec/ie.ts';
import { conditional, conditionalList, mandatory } from '../codec/member.ts';

const MPTCP_CONTROL = [['tci']] as const;
const ATSSS_LL_CONTROL = [['lli']] as const;
const PMF_CONTROL = [['pmfi', 'drtti', 'pqpm']] as const;
/** Only CUDP is known from a source; the other two bits are a testbed encoding. */
const MPQUIC_CONTROL = [['cudp', 'cip', 'ceth']] as const;

export type MptcpControl = (typeof MPTCP_CONTROL)[number][number];
export type AtsssLowLayerControl = (typeof ATSSS_LL_CONTROL)[number][number];
export type PmfControl = (typeof PMF_CONTROL)[number][number];
export type MpquicControl = (typeof MPQUIC_CONTROL)[number][number];

/** Which functionalities the UP function is to set up. TS 29.244 §7.5.2 Table for type 220 */
export interface ProvideAtsssControlInformation {
  readonly mptcp?: readonly MptcpControl[];
  readonly atsssLowLayer?: readonly AtsssLowLayerControl[];
  readonly pmf?: readonly PmfControl[];
  readonly mpquic?: readonly MpquicControl[];
}

export const provideAtsssControlInformation: Ie<ProvideAtsssControlInformation> =
  grouped<ProvideAtsssControlInformation>(220, 'Provide ATSSS Control Information', [
    conditional('mptcp', flagsIe(222, 'MPTCP Control Information', MPTCP_CONTROL)),
    conditional('atsssLowLayer', flagsIe(223, 'ATSSS-LL Control Information', ATSSS_LL_CONTROL)),
    conditional('pmf', flagsIe(224, 'PMF Control Information', PMF_CONTROL)),
    conditional('mpquic', flagsIe(330, 'MPQUIC Control Information', MPQUIC_CONTROL)),
  ]);

/** Where a proxy in the UP function listens: the form of types 228 (MPTCP) and 332 (MPQUIC). */
export interface ProxyAddressInformation {
  /** 0 transport converter (MPTCP); for MPQUIC a testbed value. */
  readonly proxyType: number;
  readonly port: number;
  readonly ipv4?: string;
  readonly ipv6?: string;
}

function proxyAddress(type: number, name: string): Ie<ProxyAddressInformation> {
  return {
    type,
    name,
    read(reader) {
      const flags = reader.uint8();
      const proxyType = reader.uint8();
      const port = reader.uint16();
      const ipv4 = (flags & 0x01) !== 0 ? { ipv4: formatIp(reader.bytes(4)) } : {};
      const ipv6 = (flags & 0x02) !== 0 ? { ipv6: formatIp(reader.bytes(16)) } : {};
      return { proxyType, port, ...ipv4, ...ipv6 };
    },
    write(writer, { proxyType, port, ipv4, ipv6 }) {
      writer.uint8((ipv4 === undefined ? 0 : 0x01) | (ipv6 === undefined ? 0 : 0x02));
      writer.uint8(proxyType).uint16(port);
      if (ipv4 !== undefined) writer.bytes(parseIp(ipv4));
      if (ipv6 !== undefined) writer.bytes(parseIp(ipv6));
    },
  };
}

/** The link-specific multipath addresses of the UE. Type 229 */
export interface LinkSpecificAddress {
  readonly ipv4?: string;
  readonly ipv6?: string;
  readonly nonThreeGppIpv4?: string;
  readonly nonThreeGppIpv6?: string;
}

const ADDRESSES = [
  ['ipv4', 4],
  ['ipv6', 16],
  ['nonThreeGppIpv4', 4],
  ['nonThreeGppIpv6', 16],
] as const;

const linkSpecificAddress: Ie<LinkSpecificAddress> = {
  type: 229,
  name: 'UE Link-Specific IP Address',
  read(reader) {
    const flags = reader.uint8();
    const found: { -readonly [K in keyof LinkSpecificAddress]: LinkSpecificAddress[K] } = {};
    for (const [bit, [field, length]] of ADDRESSES.entries()) {
      if ((flags & (1 << bit)) !== 0) found[field] = formatIp(reader.bytes(length));
    }
    return found;
  },
  write(writer, value) {
    writer.uint8(
      ADDRESSES.reduce(
        (flags, [field], bit) => flags | (value[field] === undefined ? 0 : 1 << bit),
        0,
      ),
    );
    for (const [field] of ADDRESSES) {
      const text = value[field];
      if (text !== undefined) writer.bytes(parseIp(text));
    }
  },
};

/** Where the performance measurement function listens. Type 230 */
export interface PmfAddress {
  readonly ipv4?: string;
  readonly ipv6?: string;
  readonly port3gpp: number;
  readonly portNon3gpp: number;
}

const pmfAddress: Ie<PmfAddress> = {
  type: 230,
  name: 'PMF Address Information',
  read(reader) {
    const flags = reader.uint8();
    const ipv4 = (flags & 0x01) !== 0 ? { ipv4: formatIp(reader.bytes(4)) } : {};
    const ipv6 = (flags & 0x02) !== 0 ? { ipv6: formatIp(reader.bytes(16)) } : {};
    return { ...ipv4, ...ipv6, port3gpp: reader.uint16(), portNon3gpp: reader.uint16() };
  },
  write(writer, { ipv4, ipv6, port3gpp, portNon3gpp }) {
    writer.uint8((ipv4 === undefined ? 0 : 0x01) | (ipv6 === undefined ? 0 : 0x02));
    if (ipv4 !== undefined) writer.bytes(parseIp(ipv4));
    if (ipv6 !== undefined) writer.bytes(parseIp(ipv6));
    writer.uint16(port3gpp).uint16(portNon3gpp);
  },
};

/** A proxy and the addresses that the UE uses towards it. */
export interface MultipathParameters {
  readonly proxy: ProxyAddressInformation;
  readonly linkSpecificAddress: LinkSpecificAddress;
}

/** Type 227. */
export interface PmfParameters {
  readonly address: PmfAddress;
}

/** Type 226: the UP function set ATSSS-LL up. */
export interface AtsssLowLayerParameters {
  readonly information: readonly AtsssLowLayerControl[];
}

/** What the UP function allocated for ATSSS. Type 221 */
export interface AtsssControlParameters {
  readonly mptcp?: MultipathParameters;
  readonly atsssLowLayer?: AtsssLowLayerParameters;
  readonly pmf?: PmfParameters;
  /** One per proxy address: with two, the first serves the 3GPP access and the second the other one. */
  readonly mpquic?: readonly MultipathParameters[];
}

const mptcpParameters: Ie<MultipathParameters> = grouped<MultipathParameters>(
  225,
  'MPTCP Parameters',
  [
    mandatory('proxy', proxyAddress(228, 'MPTCP Address Information')),
    mandatory('linkSpecificAddress', linkSpecificAddress),
  ],
);

const mpquicParameters: Ie<MultipathParameters> = grouped<MultipathParameters>(
  331,
  'MPQUIC Parameters',
  [
    mandatory('proxy', proxyAddress(332, 'MPQUIC Address Information')),
    mandatory('linkSpecificAddress', linkSpecificAddress),
  ],
);

const atsssLowLayerParameters: Ie<AtsssLowLayerParameters> = grouped<AtsssLowLayerParameters>(
  226,
  'ATSSS-LL Parameters',
  [mandatory('information', flagsIe(231, 'ATSSS-LL Information', ATSSS_LL_CONTROL))],
);

const pmfParameters: Ie<PmfParameters> = grouped<PmfParameters>(227, 'PMF Parameters', [
  mandatory('address', pmfAddress),
]);

export const atsssControlParameters: Ie<AtsssControlParameters> = grouped<AtsssControlParameters>(
  221,
  'ATSSS Control Parameters',
  [
    conditional('mptcp', mptcpParameters),
    conditional('atsssLowLayer', atsssLowLayerParameters),
    conditional('pmf', pmfParameters),
    conditionalList('mpquic', mpquicParameters),
  ],
);
