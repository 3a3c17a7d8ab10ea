import type { ValueCodec } from '../codec/value.ts';

/** 5GSM capability, with what it says about ATSSS. TS 24.501 §9.11.4.1 */
export interface SmCapability {
  readonly reflectiveQos?: boolean;
  readonly multiHomedIpv6?: boolean;
  /** ATSSS-ST: 0 none, 1 ATSSS-LL with any mode, 2 MPTCP with ATSSS-LL active-standby, 3 MPTCP with any. */
  readonly atsssSteering?: number;
  readonly mptcp?: boolean;
  readonly mpquicUdp?: boolean;
  readonly mpquicIp?: boolean;
  readonly mpquicEthernet?: boolean;
  /** 0 none, 1 active-standby only, 2 any steering mode. */
  readonly atsssLowLayer?: number;
}

/** Octets 3 to 5; octets 4 and 5 are written where one of their bits is set (v19.7 layout). */
export const smCapability: ValueCodec<SmCapability> = {
  read(reader) {
    const octet3 = reader.uint8();
    const octet4 = reader.remaining > 0 ? reader.uint8() : 0;
    const octet5 = reader.remaining > 0 ? reader.uint8() : 0;
    return {
      reflectiveQos: (octet3 & 0x01) !== 0,
      multiHomedIpv6: (octet3 & 0x02) !== 0,
      atsssSteering: (octet3 >>> 3) & 0x0f,
      mpquicIp: (octet4 & 0x80) !== 0,
      mpquicUdp: (octet4 & 0x40) !== 0,
      mptcp: (octet4 & 0x20) !== 0,
      atsssLowLayer: (octet4 >>> 3) & 0x03,
      mpquicEthernet: (octet5 & 0x01) !== 0,
    };
  },
  write(writer, capability) {
    const bit = (value: boolean | undefined, mask: number): number => (value === true ? mask : 0);
    const octet3 =
      bit(capability.reflectiveQos, 0x01) |
      bit(capability.multiHomedIpv6, 0x02) |
      ((capability.atsssSteering ?? 0) << 3);
    const octet4 =
      bit(capability.mpquicIp, 0x80) |
      bit(capability.mpquicUdp, 0x40) |
      bit(capability.mptcp, 0x20) |
      ((capability.atsssLowLayer ?? 0) << 3);
    const octet5 = bit(capability.mpquicEthernet, 0x01);
    writer.uint8(octet3);
    if (octet4 !== 0 || octet5 !== 0) writer.uint8(octet4);
    if (octet5 !== 0) writer.uint8(octet5);
  },
};
